"""What are we trying?: one unit's conversation sheet, at most three things, and what is seen before and since."""

from pages.parts.conversation import sheet as trials
from pages.parts.conversation import sheet_form
from pages.parts.journal import session
from pages.parts.shell import filters, frame

view = filters.view()
today = session.today()
session.say_what_was_done()
sheets = session.sheets_of([view.unit["unit"]])
sheet = next((each for each in sheets or [] if each.open), None)

said = trials.answer(sheet, today) if sheets is not None else "**The sheets cannot be read just now.**"
frame.heading(view, f"What are we trying in {view.unit['title']}?", said, trials.HERE)

changed = trials.changed(view)
doing, seen = sheet_form.doing(view)
if sheets is not None:
    if doing in ("begin", "change"):
        if sheet and sheet != seen:
            trials.open_sheet(view, sheet)
        trials.what_we_see(view, changed)
        sheet_form.things(view, seen, sheet, changed)
    elif sheet:
        trials.open_sheet(view, sheet)
        if not doing:
            sheet_form.choices(view, sheet)
        trials.before_and_since(view, sheet, today, looking_back=doing == "review")
        if doing:
            sheet_form.look_back(view, seen, sheet)
        trials.what_we_see(view, changed)
    else:
        sheet_form.start(view, trials.nothing_yet())
        trials.what_we_see(view, changed)
    trials.earlier(view, sheets)
    trials.below(view, today)
