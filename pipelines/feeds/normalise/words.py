"""Fold senders' words for fuel, gearbox, body, assembly and colour onto `core.vocabulary`; unknown ones become null."""

import re

from core.vocabulary import Assembly, Body, Color, Fuel, Transmission

Patterns = tuple[tuple[str, str], ...]
"""(pattern, value): the first pattern that is found decides."""

FUELS: Patterns = (
    (r"plug.?in|\bphev\b|\breev\b", Fuel.PLUGIN_HYBRID),
    (r"h[yií]brid|\bm?hev\b|e-power|^hyb?\.?$|^h$|ہائبرڈ", Fuel.HYBRID),
    (r"ele[ck]tr[io]|\bb?ev\b|eléctric|^el?\.?$|الیکٹرک|برقی", Fuel.ELECTRIC),
    (r"diesel|diésel|\bd4d\b|^d(?:sl|ies)?\.?$|deisel|ڈیزل", Fuel.DIESEL),
    (r"\bcng\b|natural gas", Fuel.CNG),
    (r"\blpg\b|autogas", Fuel.LPG),
    (r"petrol|patrol|gasolin|benzin|\bgas\b|super|^p(?:et)?\.?$|پیٹرول|پٹرول", Fuel.PETROL),
)
TRANSMISSIONS: Patterns = (
    (
        r"\bauto|\bags\b|\bcvt\b|\bdct\b|\bamt\b|dsg|tiptronic|steptronic|prosmatec|^a/?t?\.?$|\ba/t\b|آٹو",
        Transmission.AUTOMATIC,
    ),
    (r"manual|stick|schaltgetriebe|^m/?t?\.?$|^man\.?$|\bm/t\b|مینو", Transmission.MANUAL),
)
BODIES: Patterns = (
    (r"pick.?up|double.?cab|single.?cab|crew.?cab", Body.PICKUP),
    (r"crossover|\bcuv\b", Body.CROSSOVER),
    (r"suv|sport utility|off.?road|jeep|4x4|gel[äa]ndewagen|todoterreno", Body.SUV),
    (r"hatch|supermini|small.?car|mini vehicle|kleinwagen", Body.HATCHBACK),
    (r"sedan|sedán|saloon|limousine|berlina", Body.SEDAN),
    (r"micro.?van|mini.?van|minibus", Body.MICRO_VAN),
    (r"\bmpv\b|people carrier|monovolumen", Body.MPV),
    (r"\bvan\b|high.?roof", Body.VAN),
    (r"wagon|estate|kombi|familiar", Body.WAGON),
    (r"coupe|coupé|sports ?car|supercar|granturismo|grandtourer", Body.COUPE),
    (r"convertible|cabrio|roadster|descapotable", Body.CONVERTIBLE),
    (r"truck|lorry", Body.TRUCK),
)
ASSEMBLIES: Patterns = (
    (r"import|\bcbu\b|\bjdm\b|japan", Assembly.IMPORTED),
    (r"local|\bckd\b|pakistan|\bpkdm\b", Assembly.LOCAL),
)
# The last colour word of a name is the colour ("Bluish Black Pearl" is black); the names on the right are families.
_COLORS: dict[str, str] = {
    r"maroon|mehroon|mahroon|burgundy|red ?wine|wine ?red|wine": Color.MAROON,
    r"white|wite|vanilla|snow\w*|blizzard|ivory|blanco|weiß|weiss": Color.WHITE,
    r"black|obsidian|ebony|negro|schwarz": Color.BLACK,
    r"gr[ea]y|graphite|gun ?-?m[ae]\w*|gunmetal\w*|charcoal|titan\w*|steel|polish\w* metal|anthracite|dark metal"
    r"|panthera|gris|grau": Color.GREY,
    r"silver|silwer|sliver|plateado|silber": Color.SILVER,
    r"blue|navy|indigo|azul|blau": Color.BLUE,
    r"red|tomato|crimson|rojo|rot": Color.RED,
    r"green|olive|verde|grün|gruen": Color.GREEN,
    r"beige|cream|flaxen|sand": Color.BEIGE,
    r"brown|chocolate|coffee|braun|marrón": Color.BROWN,
    r"gold\w*|champagne": Color.GOLD,
    r"bronze|copper": Color.BRONZE,
    r"orange": Color.ORANGE,
    r"yellow|lemon|gelb|amarillo": Color.YELLOW,
    r"pink|rose|magenta|magneta": Color.PINK,
    r"purple|violet|plum": Color.PURPLE,
    r"turquoise|turwouise|teal|cyan|aqua": Color.TURQUOISE,
}
_COLOR = re.compile("|".join(f"(?P<{color}>\\b(?:{words})(?![a-z]))" for words, color in _COLORS.items()))
_WEAK = re.compile(r"\b(blu|brown|green|redd|grey|yellow|whit|black)ish\b")
_WEAK_COLORS = {"blu": "blue", "redd": "red", "whit": "white"}
_QUALIFIERS = {Color.GOLD: "champagne", Color.BEIGE: "sand", Color.GREY: "graphite"}
"""Colours that also qualify another ("Black Sand Pearl"): their word counts only where no other colour is named."""


def first_match(text: str, patterns: Patterns) -> str | None:
    """Return the value of the first pattern found in the text, in any case."""
    folded = text.casefold()
    return next((str(value) for pattern, value in patterns if re.search(pattern, folded)), None)


def color(text: str) -> str | None:
    """Return the colour family of a maker's or a dealer's colour name."""
    folded = text.casefold()
    found = [(str(match.lastgroup), match.group()) for match in _COLOR.finditer(folded)]
    plain = [name for name, word in found if _QUALIFIERS.get(Color(name)) != word]
    if plain:
        return plain[-1]
    if found:
        return found[-1][0]
    weak = _WEAK.search(folded)
    return None if weak is None else _WEAK_COLORS.get(weak.group(1), weak.group(1))
