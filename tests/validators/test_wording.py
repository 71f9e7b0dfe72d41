from uploader.validators.wording import found, is_code


def test_a_code_of_the_standard_is_quoted_and_a_name_in_a_field_for_codes_is_not():
    said = {"id": "part", "attr": "BodyPartExamined", "op": "eq", "value": "LUNG"}
    assert found([{"BodyPartExamined": "CHEST"}], said) == "CHEST"
    assert found([{"BodyPartExamined": "MUSTERMANN"}], said) == ""
    assert not is_code("MUSTERMANN", "BodyPartExamined")
