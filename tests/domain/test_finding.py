from uploader.domain.finding import Finding, Severity, judge


def test_places_are_in_the_order_in_which_people_count():
    findings = [Finding("structures.gap", Severity.REFUSAL, f"scans/{n}/1.dcm ROI {n}", "") for n in (1, 11, 13, 2)]
    ordered = judge("DEMO-RT v1", "", findings).findings
    assert [finding.where.rpartition(" ")[2] for finding in ordered] == ["1", "2", "11", "13"]


def test_a_place_that_begins_with_a_figure_is_in_order_with_one_that_does_not():
    findings = [Finding("structures.gap", Severity.REFUSAL, where, "") for where in ("a", "10", "", "9")]
    assert [finding.where for finding in judge("DEMO-RT v1", "", findings).findings] == ["", "9", "10", "a"]
