"""What is typed into access.yaml, said by a provider or logged stays a text; and the engine's child knows no secret of the app's."""

import logging
import os
import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.parts import log
from pages.parts.access import access
from pages.parts.journal import wording
from pages.parts.release import engine_process
from tests.app import small_release
from tests.hostile_texts import HOSTILE, texts


@settings(max_examples=60, deadline=None)
@given(texts(), texts(), st.lists(texts(), min_size=1, max_size=3), texts())
def test_rules_mean_themselves_or_let_nobody_in(email, group, units, claim):
    who = [
        {"email": email, "role": "leader", "units": units},
        {"group": group, "role": "analyst", "units": units},
    ]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINSHIP_HOME", folder)
        (Path(folder) / "access.yaml").write_text(yaml.safe_dump({"who": who, "claim": claim}), encoding="utf-8")
        try:
            rules = access.rules()
        except access.BadAccess as error:
            assert not email.strip() or not group.strip(), error
            return
    assert access.granted({"email": email, "email_verified": True}, rules) == (access.Grant("leader", tuple(units)),)
    assert access.Grant("analyst", tuple(units)) in access.granted({claim: [group], "sub": "x"}, rules)
    assert access.granted({claim: [f"{group}x"], "email": f"{email}x", "email_verified": True}, rules) == ()


@pytest.mark.parametrize("unit", [*HOSTILE, "a\0b", "%"])
def test_a_role_for_a_unit_that_means_harm_may_do_nothing(tmp_path, monkeypatch, unit):
    from tests.app.conftest import sign_in_as

    monkeypatch.setenv("KINSHIP_HOME", str(tmp_path))
    small_release.build(tmp_path)
    sign_in_as(monkeypatch, tmp_path, ("analyst", unit), ("executive", unit))
    assert [deed for deed in access.DEEDS if access.role_to(deed) or access.role_to(deed, unit)] == []


def test_check_names_strange_units_on_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KINSHIP_HOME", str(tmp_path))
    small_release.build(tmp_path)
    who = [{"email": "a@b.c", "role": "leader", "units": [unit]} for unit in HOSTILE]
    (tmp_path / "access.yaml").write_text(yaml.safe_dump({"who": who}), encoding="utf-8")
    assert access.main() == 1
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1 and not set(said[:-1]) & set("\x1b\n\r\u202e\u2028")


@settings(max_examples=60, deadline=None)
@given(texts())
def test_one_entry_of_the_log_is_one_line(text):
    before = logging.getLogRecordFactory()
    try:
        log.keep_out_what_is_private()
        record = logging.getLogger("kinship").makeRecord(
            "kinship", 30, "x.py", 1, "The file %s is strange", (text,), None
        )
    finally:
        logging.setLogRecordFactory(before)
    said = record.getMessage()
    assert said.startswith("The file ") and len(said.splitlines()) == 1
    assert not set(said) & set("\x1b\x9b\0\x07\r\n\u202e\u2066\u2028")


@settings(max_examples=200, deadline=None)
@given(texts())
def test_what_the_journal_keeps_is_one_line_that_can_be_seen(text):
    try:
        said = wording.checked(text, "In a few words")
    except wording.Unacceptable as reason:
        assert len(str(reason).splitlines()) == 1
        return
    assert len(said.splitlines()) == 1 and not set(said) & set("\0\x1b\x9b\u202e\u2066")


@pytest.mark.parametrize("hidden", ["\0", "\x1b[31m", "\x9b", "\u202e", "\u2066", "\ud800"])
def test_a_character_that_cannot_be_seen_is_refused(hidden):
    with pytest.raises(wording.Unacceptable, match="cannot be seen"):
        wording.checked(f"We moved{hidden} the handover", "In a few words")
    assert wording.checked("We moved the handover 👩\u200d⚕️", "In a few words")


# ---- the engine's child ------------------------------------------------------------------------------------------------

SECRETS = {
    "STREAMLIT_AUTH_COOKIE_SECRET": "s3cret-1",
    "KINSHIP_JOURNAL": "postgresql://kinship:s3cret-2@db/kinship",
    "DATABASE_URL": "postgresql://s3cret-3",
    "AWS_SECRET_ACCESS_KEY": "s3cret-4",
    "MY_TOKEN": "s3cret-5",
    "HOME": "/home/s3cret-6",
    "PYTHONSTARTUP": "/s3cret-7",
    "BASH_ENV": "/s3cret-8",
    "SSH_AUTH_SOCK": "/s3cret-9",
}


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What the engine's children were asked, and in what surroundings; they themselves answer nothing."""
    monkeypatch.setenv("KINSHIP_HOME", str(tmp_path))
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    runs = []

    def run(command, **how):
        runs.append((command, how))
        return subprocess.CompletedProcess(command, 0, '{"proposal": {}, "trial": {}, "files": {}, "saved": "x"}', "")

    monkeypatch.setattr(engine_process.subprocess, "run", run)
    return runs


def test_a_child_is_told_no_secret_and_works_in_a_folder_of_its_own(asked, tmp_path):
    engine_process.propose(b"a,b\n", "a.csv")
    engine_process.attempt(b"a,b\n", "a.csv", {})
    engine_process.save(b"a,b\n", "a.csv", {})
    for command, how in asked:
        assert not [value for value in how["env"].values() if "s3cret" in value]
        assert set(how["env"]) <= {*engine_process.PASSED_ON, "KINSHIP_HOME", "TMPDIR", "HOME"}
        assert how["cwd"] == how["env"]["TMPDIR"] == how["env"]["HOME"] and Path(how["cwd"]) != tmp_path
        assert not Path(how["cwd"]).exists()  # it went with everything in it
        assert "-P" in command and how["stdin"] == subprocess.DEVNULL
    engine_process.roll_back("2026-06-01a")
    assert not [value for value in asked[-1][1]["env"].values() if "s3cret" in value]


def test_in_such_surroundings_the_engine_answers(tmp_path, monkeypatch):
    monkeypatch.setenv("KINSHIP_HOME", str(tmp_path))
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    rows = "".join(f"w{n},{n},Can't say\n" for n in range(60))
    said = engine_process.propose(f"Ward,Beds,Said\n{rows}".encode(), "beds; '\".csv")
    assert {column["heading"] for column in said["columns"]} == {"Ward", "Beds", "Said"}
    assert not (tmp_path / "secret.key").exists()
    with pytest.raises(engine_process.Refused, match="proposal"):
        engine_process.attempt(b"Ward,Beds\na,1\n", "beds.csv", {"columns": "x"})
    assert os.environ["DATABASE_URL"]  # the app's own stay
