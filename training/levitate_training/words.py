"""Values that may stand in a slot: real places, languages, keymaps, and names that people use."""

from pathlib import Path

CORE = Path(__file__).resolve().parents[2] / "crates/core/data"

NAMES = """
anna ben carla david elena felix greta hugo ines jonas karin leo maria nils olga paul rosa sam tina vince wanda xenia
yusuf zoe ahmed aisha amina bogdan chen claudia dmitri emre fatima giulia hanna ingrid ivan jakub joao jorge katarzyna
kenji lars linnea luca marek mateo mehmet mei miguel milan mohamed nadia nina noor oleg oskar otto pavel pedro petra
pierre priya rahul raj ravi sofia stefan sven tomas tomek ursula vera viktor wei yann yuki zofia bob alice carol dave
erin frank grace heidi mallory niaj peggy trent bill jim joe kate liz meg nick pat rob sue ted tom will amy dan max
oma opa dad mum kids guest backup deploy student admin2 work dev jdoe msmith a.miller j_k svc-web user1 hans ulrike
jean marie francois chloe antoine camille lea finn emma noah mila theo ole karl eva jan piet anouk sanne bram daan
""".split()

HOSTS = """
laptop my-laptop work-pc desktop tower nas server homeserver workstation media kitchen-pc thinkpad zeus apollo athena
odin thor loki pluto mars venus saturn neptune rigel vega sirius orion andromeda box bigbox blackbox buildbox ci-runner
db01 db02 web1 web-02 node-3 gw edge-7 pi4 lab-12 classroom5 office reception studio render01 gaming rig battlestation
potato toaster banana blueberry raspberry mango kiwi pine oak willow birch panther tiger otter badger raven sparrow
falcon phoenix dragon gandalf frodo hal9000 r2d2 tardis enterprise serenity bernd-pc annas-pc familie mueller-nb
grandma-pc oldie lenovo x230 t480s e15 xps13 inspiron aspire nuc8 ryzen levitate linuxbox debianbox testvm vm1 sandbox
""".split()

GROUPS = "docker audio video dialout plugdev lpadmin kvm libvirt netdev games users adm cdrom bluetooth render input scanner".split()
ADMIN = ["sudo", "wheel"]
MAKERS = """samsung kingston crucial sandisk wd seagate toshiba intel pny adata kioxia hynix micron hitachi corsair
lexar patriot transcend gigabyte sabrent team""".split()
SYSTEMS = "ubuntu fedora debian mint arch manjaro opensuse gentoo zorin popos nixos".split()
LABELS = "data media backup photos games archive music films files documents vm storage old work stuff".split()


def _rows(name: str):
    for line in (CORE / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def places() -> list[str]:
    """Large cities, countries with one zone, and IANA names, as people write them (lower case here)."""
    # A city that several zones share a name for would have to be asked about.
    cities = [row[0] for row in _rows("cities.tsv") if len(row) > 2 and row[2] == "1" and "," not in row[1]]
    countries = [row[0] for row in _rows("countries.tsv") if "|" not in row[1] and "," not in row[1]]
    zones = [row[0] for row in _rows("zones.txt") if row[0].count("/") == 1 and not row[0].startswith("Etc")]
    return cities + countries * 3 + zones


def languages() -> list[str]:
    """Words for languages and the locales they stand for."""
    words = [word for row in _rows("languages.tsv") for word in row[0].split("|") if len(word) > 2]
    locales = [row[0] for row in _rows("locales.txt") if row[0].endswith(".UTF-8") and row[0][2:3] == "_"]
    return words * 3 + locales


def keymaps() -> list[str]:
    """Languages and the console's own names of layouts."""
    maps = [row[0] for row in _rows("keymaps.txt")]
    words = [word for row in _rows("languages.tsv") for word in row[0].split("|") if len(word) > 2]
    common = "us uk de fr es it pt dvorak colemak br-abnt2 de-latin1 sg fr_CH jp106 se-latin1 dk no pl2 cz-qwertz".split()
    return words + maps + common * 8
