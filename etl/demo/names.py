"""The made-up names of Northmere: its directorates, teams and people. Whoever bears one of them does so by chance."""

ORGANISATION = "NMC"
ORGANISATION_TITLE = "Northmere Health and Care"
TRUST_NUMBER = "482"  # ESR puts it before the name of every unit

DIRECTORATES = {
    "NMC-AC": "Adult care",
    "NMC-SU": "Surgery",
    "NMC-CO": "Community",
    "NMC-MH": "Mental health",
    "NMC-CS": "Corporate services",
}
WORDS = (
    "Alder", "Ash", "Aspen", "Avocet", "Beech", "Birch", "Blackthorn", "Bramble", "Bunting", "Campion", "Cedar",
    "Chiffchaff", "Clover", "Curlew", "Cypress", "Dunlin", "Elder", "Fieldfare", "Finch", "Foxglove", "Gannet",
    "Godwit", "Gorse", "Guillemot", "Harebell", "Hawthorn", "Hazel", "Holly", "Hornbeam", "Jackdaw", "Jay",
    "Juniper", "Kestrel", "Kite", "Knot", "Lapwing", "Lark", "Laurel", "Linden", "Linnet", "Mallard", "Maple",
    "Martin", "Merlin", "Nightjar", "Nuthatch", "Oak", "Osprey", "Petrel", "Pine", "Pipit", "Poplar", "Redwing",
    "Rook", "Sedge", "Siskin", "Skylark", "Snipe", "Sorrel", "Spruce", "Starling", "Sycamore", "Tern", "Thistle",
    "Thrush", "Turnstone", "Wagtail", "Whinchat", "Widgeon", "Yarrow",
)  # fmt: skip
KINDS = {
    "ward": ("Ward",),
    "community": ("community team", "nursing team"),
    "mental health": ("unit", "recovery team"),
    "care home": ("House", "Lodge"),
}
OFFICES = (
    "Payroll", "Estates", "Catering", "Health records", "Finance", "Porters", "Switchboard", "Procurement", "Pharmacy stores",
    "Outpatient booking", "Domestic services", "IT service desk",
)  # fmt: skip
SITES = ("", "North", "Vale", "Coast", "Moor", "Fen", "Dale", "Bridge", "Quay", "Heath", "Marsh", "Spring", "Hill")

LAST_NAMES = (
    "Abara", "Bright", "Castell", "Dale", "Easterby", "Farouk", "Grange", "Hollis", "Ivers", "Jelani", "Kerr",
    "Lindqvist", "Marlowe", "Nair", "Okafor", "Pellow", "Quill", "Rahim", "Sandham", "Tolley", "Underhill", "Varga",
    "Whitlock", "Yardley", "Zielinski",
)  # fmt: skip
FIRST_NAMES = (
    "Ada", "Basil", "Carys", "Dinesh", "Edie", "Femi", "Gwen", "Hasan", "Iris", "Jonah", "Kasia", "Leo", "Mina",
    "Noor", "Owen", "Priya", "Rafe", "Sian", "Tomasz", "Una", "Viktor", "Wanda", "Yusuf", "Zoe",
)  # fmt: skip


def titles_of(kind: str):
    """As many different titles of a kind of team as are asked for."""
    for site in SITES:
        place = f" {site}" if site else ""
        if kind == "non-clinical":
            yield from (f"{office}{place}" for office in OFFICES)
        else:
            for what in KINDS[kind]:
                yield from (f"{word} {what}{place}" for word in WORDS)
