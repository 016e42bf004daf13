"""What is sealed opens with its key and for its owner alone."""

from accounts import sealing

KEY = "k" * 48


def test_a_sealed_text_opens_for_its_own_owner_alone() -> None:
    sealed = sealing.seal(b"secret", owner="a:1", key=KEY)
    assert sealing.unseal(sealed, owner="a:1", keys=["other", KEY]) == b"secret"
    assert sealing.unseal(sealed, owner="a:2", keys=[KEY]) is None
    assert sealing.unseal(sealed, owner="a:1", keys=["other"]) is None
    changed = sealed[:-1] + ("0" if sealed[-1] != "0" else "1")
    assert sealing.unseal(changed, owner="a:1", keys=[KEY]) is None
    assert sealing.seal(b"secret", owner="a:1", key=KEY) != sealed
