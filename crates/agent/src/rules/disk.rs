//! Which disk, used how, with what on it: everything said about the layout, read as one.

use levitate_core::action::{Filesystem, InstallerAction};
use levitate_core::size::Size;

use super::Words;
use crate::Context;
use crate::ground::makers::SYSTEMS;
use crate::ground::{disk as disks, last_asked};
use crate::reading::{EntrySaid, PartitionSaid, Reading, UseSaid};
use crate::refs::{Ref, SizeSaid};
use crate::text::{self, Token};

mod sizes;
pub(super) mod words;

use sizes::{loose_sizes, scheme, sizes};
use words::references;
pub(super) use words::{pointing, system_word};

/// Everything that was found in the clauses about the layout.
#[derive(Default)]
struct Found {
    said: PartitionSaid,
    kept: Vec<Ref>,
    systems: Vec<Ref>,
    entries: Vec<EntrySaid>,
    loose: Vec<(Size, String)>,
    erases: bool,
    whole: bool,
    free: bool,
    beside: bool,
    shrink: bool,
    installs: bool,
    contradicts: bool,
    /// A wish that stands for a layout without a word of disks: "if it is stolen nobody shall read it".
    wish: bool,
}

/// Reads what is left over from the other clauses.
pub(super) fn read(left: &[Vec<Token>], words: &Words<'_>, ctx: &Context<'_>, more: bool) -> Option<Reading> {
    let mut found = Found::default();
    let clauses: Vec<&[Token]> =
        left.iter().flat_map(|segment| turns(segment)).filter(|clause| !clause.is_empty()).collect();
    if clauses.is_empty() {
        return None;
    }
    for clause in &clauses {
        read_clause(clause, words, ctx, &mut found);
    }
    wishes(words, &clauses, ctx, &mut found);
    decide_use(words, ctx, &mut found);
    if found.contradicts {
        return Some(Reading::Ask("I am not sure what may be erased and what has to stay. Which disk shall I use, and what on it may go?".into()));
    }
    loose_sizes(ctx, words, &mut found);
    scheme(&mut found);
    if evident(&found, &clauses, ctx, more) {
        return Some(Reading::Partition(found.said));
    }
    // "don't erase anything"
    let worried = words.has(&["no", "cant"]) && words.has(&["erase", "touch", "remove"]) && !more;
    worried.then_some(Reading::Explain(levitate_core::action::Topic::DataSafety))
}

/// A clause is cut again where it turns: "but", "so".
fn turns(segment: &[Token]) -> Vec<&[Token]> {
    segment
        .split(|token| {
            matches!(
                token.raw.to_lowercase().as_str(),
                "but" | "so" | "aber" | "mais" | "pero" | "because" | "while" | "maar"
            )
        })
        .collect()
}

fn read_clause(clause: &[Token], words: &Words<'_>, ctx: &Context<'_>, found: &mut Found) {
    let has = |keys: &[&str]| clause.iter().any(|token| token.is(keys));
    let line = clause.iter().map(|token| token.raw.to_lowercase()).collect::<Vec<_>>().join(" ");
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| text::says(&line, phrase));
    let negated = has(&["no", "cant"]);
    let goes = says(&[
        "can go", "can die", "has to go", "must go", "get rid", "throw out", "thrown out", " weg", "hata do",
        "bye ", "off it goes", "start from zero", "from scratch", "kann weg", "not need windows",
        "slow garbage",
    ]);
    let keeps = !goes
        && (has(&["keep"]) && !says(&["does not stay", "keep my"])
            || (negated && has(&["touch", "erase", "remove", "shrink"]))
            || says(&[
                "off limits", "still need", "must survive", "must remain", "has to remain", "should remain",
                "alone", "has the library", "my backup", "i game on", "lives on", "a toy", "to lose windows",
            ]));
    let systems: Vec<Ref> =
        clause.iter().filter_map(|token| system_word(token, ctx)).map(Ref::Word).collect();
    let erases = !negated && has(&["erase", "remove"]) && !(has(&["swap"]) && has(&["remove"]))
        || (goes
            && (!systems.is_empty()
                || says(&["start from zero", "from scratch", "they can go", "it can go"])));
    let free = (has(&["free", "freeword"]) && !says(&["feel free"]))
        || says(&[
            "unused",
            "unallocated",
            "what's left",
            "whats left",
            "what is left",
            "left over",
            "leftover",
            "room left",
            "space left",
            "loads of room",
            "space behind",
            "room behind",
            "squeeze in",
            "squeeze it in",
            "a gap",
            "the gap",
            "hole behind",
            "part of it that is free",
            "nothing lives yet",
        ]) && !says(&["what remains for", "left for"])
            && !has(&["home"]);
    let shrink = !negated && has(&["shrink"])
        || says(&["make some room", "make room", "shrink", "gives up", "off it for"]);
    let beside = has(&["beside", "dualboot"])
        || says(&[
            "dual boot", "dual-boot", "next to", "both at startup", "want both", "dula boto", "side by side",
            "both systems", "neben windows", "à côté", "a côté", "junto a", "accanto", "beside",
        ]);
    if negated && has(&["erase"]) && systems.is_empty() && !keeps {
        found.contradicts = true;
    }
    found.erases |= erases;
    found.free |= free;
    found.shrink |= shrink;
    found.beside |= beside;
    found.installs |= has(&["install", "use"])
        || says(&[
            "put", "goes", "lives", "live on", "belongs", "take", "take", "go there", "go in there",
            "is for linux", "for linux", "gets linux", "have that", "enough for me", "all yours",
            "want linux", "gets the system",
        ]);
    let whole_word = clause.iter().enumerate().any(|(at, token)| {
        let rest_follows = clause.get(at + 1).is_some_and(|next| {
            next.raw.eq_ignore_ascii_case("the")
                && clause.get(at + 2).is_some_and(|third| third.key == "rest")
        });
        let next_disk = clause.get(at + 1).is_some_and(|next| {
            next.is(&["disk", "ssd", "nvme", "hdd", "emmc"])
                || matches!(next.raw.as_str(), "thing" | "drive" | "disc")
        });
        (token.is(&["whole", "all"]) && !rest_follows && !next_fs(clause, at))
            || (token.raw.eq_ignore_ascii_case("hole") && next_disk)
    }) || says(&["in full", "one big", "start from zero", "from scratch", "jsut wipe"]);
    if whole_word && !keeps && !free {
        found.whole = true;
    }
    // "not the windows disk"
    let after_no = |at: usize| {
        clause[at.saturating_sub(2)..at].iter().any(|before| before.raw.eq_ignore_ascii_case("not"))
    };
    let refused: Vec<Ref> = clause
        .iter()
        .enumerate()
        .filter(|(at, _)| !keeps && after_no(*at))
        .filter_map(|(_, token)| system_word(token, ctx))
        .map(Ref::Word)
        .collect();
    for word in &refused {
        found.said.disk.push(Ref::Not(Box::new(word.clone())));
    }
    references(clause, keeps, erases || goes, ctx, found);
    if keeps {
        found.kept.extend(systems);
        if beside || shrink || free {
            sizes(clause, words, found);
        }
        return;
    }
    found.systems.extend(systems.iter().filter(|word| !refused.contains(word)).cloned());
    options(clause, words, found);
    sizes(clause, words, found);
}

/// "all xfs" speaks of file systems, not of the disk.
fn next_fs(clause: &[Token], at: usize) -> bool {
    clause[at].key == "all" && clause.get(at + 1).is_some_and(|next| next.is(&["xfs", "ext4", "btrfs"]))
}

/// Encryption and file systems.
fn options(clause: &[Token], _words: &Words<'_>, found: &mut Found) {
    for (at, token) in clause.iter().enumerate() {
        let refused = clause[at.saturating_sub(3)..at].iter().any(|before| before.key == "no");
        if token.is(&["encrypt"]) {
            found.said.encrypt = Some(!refused);
        }
        if token.key == "unencrypted" && !clause.iter().any(|token| token.is(&["bootpart", "boot"])) {
            found.said.encrypt = Some(false);
        }
        if token.key == "passphrase" && !refused {
            found.said.encrypt = Some(true);
        }
    }
}

/// Wishes that name no feature: "if it is stolen nobody shall read it", "so i can reinstall and keep my documents".
fn wishes(words: &Words<'_>, clauses: &[&[Token]], ctx: &Context<'_>, found: &mut Found) {
    let theft = words.says(&[
        "steal", "stolen", "nicks", "nicked", "thief", "theft", "get at my", "able to read", "nobody reads",
        "read my stuff", "has to be sealed", "before it even boots", "before it boots", "locked with",
        "geklaut", "gestohlen", "volé", "robado", "robaran",
    ]);
    if theft && found.said.encrypt.is_none() {
        found.said.encrypt = Some(true);
        found.wish = true;
    }
    if words.says(&["no locking"]) {
        found.said.encrypt = None;
    }
    let home = words.says(&[
        "separate home", "seperate home", "own home", "aparte home", "home partition", "home separat",
        "home séparé", "home separada", "split off a /home", "home have to be sep", "home has to be sep",
        "reinstall and not lose", "home apart", "eigenes home", "getrenntes home",
    ]);
    if home && found.said.home.is_none() && !words.has(&["keep"]) && !words.has(&["mount"]) {
        found.said.home = Some(SizeSaid::Usual);
        found.wish = true;
    }
    if words.says(&["snapshot", "snapshots"]) && !words.says(&["snapshotted"]) && !clauses.is_empty() {
        found.said.fs = found.said.fs.or(Some(Filesystem::Btrfs));
        found.wish = true;
    }
    if (words.says(&["as my ram", "i have ram"]) || words.says(&["hibernat"])) && words.has(&["swap"]) {
        found.said.swap = Some(SizeSaid::Memory);
    }
    // "60 gigs for the system, the rest is for my photos"
    let files =
        words.says(&["photos", "my files", "documents", "my stuff", "music", "movies", "saves", "my data"]);
    if files && words.has(&["rest"]) && found.said.root.is_some() && found.said.home.is_none() {
        found.said.home = Some(SizeSaid::Size(Size::Rest));
    }
    let one_place =
        super::layout_waits(ctx) || ctx.machine.candidates().count() == 1 || last_asked(ctx).is_some();
    found.wish &= one_place;
}

fn decide_use(words: &Words<'_>, ctx: &Context<'_>, found: &mut Found) {
    let pending = matches!(ctx.state.pending, Some(InstallerAction::Partition(_)));
    let kept_systems: Vec<Ref> = found.kept.iter().filter(|word| is_system(word)).cloned().collect();
    let refs = !found.said.disk.is_empty();
    if found.erases && found.free && words.says(&["only"]) {
        found.erases = false;
    }
    found.said.usage = if found.free && !found.erases {
        UseSaid::Free
    } else if found.shrink && !found.erases {
        UseSaid::Beside
    } else if found.beside {
        UseSaid::Along
    } else if found.erases || found.whole {
        UseSaid::Whole
    } else if !kept_systems.is_empty() {
        UseSaid::Along
    } else {
        UseSaid::Keep
    };
    if found.erases
        && (found.shrink || found.beside)
        && !found.systems.is_empty()
        && found.kept.is_empty()
        && words.has(&["keep"])
    {
        found.contradicts = true;
    }
    // "keep windows, use the other disk"
    if found.said.disk.0.contains(&Ref::Other) {
        for word in kept_systems.clone() {
            found.said.disk.push(Ref::Not(Box::new(word)));
        }
    }
    // The disk that a system lives on.
    match found.said.usage {
        UseSaid::Whole if found.erases || refs || !pending => {
            // "wipe windows" names the disk; where windows stays it does not.
            for word in found.systems.clone() {
                if !kept_systems.contains(&word) {
                    found.said.disk.push(word);
                }
            }
            // "whole disk, windows stays": on its own disk that cannot be.
            if !refs && found.systems.is_empty() && !kept_systems.is_empty() && !pending {
                found.said.usage = UseSaid::Along;
            }
        }
        UseSaid::Free | UseSaid::Beside | UseSaid::Along
            if !refs || found.said.disk.0.iter().all(|word| matches!(word, Ref::Word(_))) =>
        {
            let dual_only = words
                .says(&["dual boot", "dualboot", "dual-boot", "dula boto", "both at startup", "want both"])
                && found.kept.is_empty();
            if !dual_only && (!pending || !found.systems.is_empty()) {
                let several = ctx.machine.candidates().count() > 1;
                let named = if found.systems.is_empty() { &kept_systems } else { &found.systems };
                let beside_it = found.beside || found.shrink || found.free || !several;
                for word in named.clone() {
                    if beside_it && ctx.machine.candidates().any(|disk| disks::fits(&word, disk)) {
                        found.said.disk.push(word);
                    }
                }
            }
        }
        _ => {
            if !found.systems.is_empty() && !refs {
                found.said.disk.0.extend(found.systems.clone());
            }
        }
    }
    // "there's an empty drive for this": the empty one, whatever else was named.
    if found.said.disk.0.contains(&Ref::Blank) && matches!(found.said.usage, UseSaid::Along) {
        found.said.disk.0.retain(|word| !is_system(word));
        found.said.usage = UseSaid::Keep;
    }
    // A plan that waits for a whole disk, and now the system on it shall stay.
    if pending && !kept_systems.is_empty() && found.said.disk.is_empty() && !found.erases {
        found.said.usage = UseSaid::Along;
    }
    if pending
        && words.says(&["same thing", "do the same", "exactly that", "same on"])
        && found.said.usage == UseSaid::Keep
    {
        found.said.usage = UseSaid::Same;
    }
}

fn is_system(word: &Ref) -> bool {
    matches!(word, Ref::Word(word) if SYSTEMS.contains(&word.as_str()))
}

/// True where most words are of the vocabulary: "all" among strange words may be all of anything.
fn mostly_known(clauses: &[&[Token]]) -> bool {
    let words: Vec<&Token> = clauses.iter().flat_map(|clause| clause.iter()).collect();
    let strange = words.iter().filter(|token| token.size.is_none() && !text::is_known(&token.raw)).count();
    strange * 2 < words.len()
}

/// True where enough was said to speak of a layout at all.
fn evident(found: &Found, clauses: &[&[Token]], ctx: &Context<'_>, more: bool) -> bool {
    let said = &found.said;
    let options = said.encrypt.is_some()
        || said.fs.is_some()
        || said.root.is_some()
        || said.home.is_some()
        || said.swap.is_some()
        || said.boot.is_some()
        || said.give.is_some()
        || !said.scheme.is_empty();
    let length: usize = clauses.iter().map(|clause| clause.len()).sum();
    let device = said.disk.0.iter().any(|word| matches!(word, Ref::Device(_) | Ref::Size(_)));
    let has = |keys: &[&str]| clauses.iter().flat_map(|clause| clause.iter()).any(|token| token.is(keys));
    if found.wish || (found.whole && !said.disk.is_empty()) {
        return true;
    }
    if matches!(said.usage, UseSaid::Free | UseSaid::Beside | UseSaid::Along | UseSaid::Same)
        || (found.erases && (has(&["disk", "all", "whole"]) || !said.disk.is_empty()))
    {
        return true;
    }
    if options
        && (device
            || !said.disk.is_empty()
            || ctx.state.pending.is_some()
            || has(&["disk", "partition", "whole", "encrypt", "swap", "home"])
            || length <= 6)
    {
        return true;
    }
    if found.whole
        && (has(&["disk", "ssd", "nvme", "emmc", "hdd"])
            || (length <= 5 && mostly_known(clauses))
            || device
            || found.installs
            || options)
    {
        return true;
    }
    if !said.disk.is_empty() {
        let asked = last_asked(ctx).is_some_and(|asked| {
            asked.contains("disk")
                || asked.contains("which")
                || asked.contains("/dev/")
                || asked.contains("one")
        });
        let waits = super::layout_waits(ctx);
        // A mistyped word alone is no evidence.
        let sure = clauses.iter().flat_map(|clause| clause.iter()).any(|token| {
            !token.guessed
                && (pointing(token, ctx).is_some()
                    || system_word(token, ctx).is_some()
                    || token.is(&["first", "second", "third", "last"]))
        });
        return found.installs
            || device
            || asked
            || waits
            || has(&["disk", "partition"])
            || (length <= 6 && !more && sure);
    }
    if more {
        return found.installs && has(&["disk"]);
    }
    (has(&["install"]) && (length <= 8 || has(&["disk", "system", "computer"])))
        || (has(&["partition"]) && length <= 5)
        || (found.installs && has(&["disk"]))
        || (has(&["computer"]) && found.installs)
}
