"""The REST door of the embedded archive: one blueprint a noun, thin over the store."""
