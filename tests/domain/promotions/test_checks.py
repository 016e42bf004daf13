from domain.promotions.checks import CheckKind, Verdict, failing

K, V = CheckKind, Verdict


def test_every_check_has_a_name_for_pages() -> None:
    assert all(kind.label for kind in CheckKind)


def test_a_failed_check_blocks_and_a_warning_does_not() -> None:
    verdicts = {K.PRICE: V.WARNING, K.IMAGE: V.FAILED, K.QUOTA: V.SKIPPED}
    assert failing(verdicts, required=()) == (K.IMAGE,)


def test_a_required_check_blocks_while_it_is_skipped_or_unanswered() -> None:
    required = [K.TEST_WORKLOAD, K.QUOTA, K.PRICE]
    verdicts = {K.QUOTA: V.SKIPPED, K.PRICE: V.PASSED}
    assert failing(verdicts, required=required) == (K.QUOTA, K.TEST_WORKLOAD)


def test_a_hotfix_skips_only_what_it_names() -> None:
    verdicts = {K.IMAGE: V.FAILED, K.PREVIOUS: V.FAILED}
    assert failing(verdicts, required=(), skipped=[K.PREVIOUS]) == (K.IMAGE,)
