"""The steps of the three routes, as the crash tests name them."""

RECEIVE = ("keep_identifiable",)
PREPARE = (
    "fetch",
    "rename_structures",
    "check_protocol",
    "anonymise_session",
    "judge_anonymised",
    "verify_session",
    "keep_anonymised",
)
RELEASE = ("send_to_central", "consign", "share_into_trial", "keep_signed_receipt", "rest")
