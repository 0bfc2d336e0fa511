//! Words by what they mean, folded, for looks at a sentence that need no reading of it. What every look at a meaning needs
//! stands here once; what only one of them needs stands with that one.

/// No to what follows. "No" itself is read apart, because it is more often an answer.
pub(crate) const NOT: &[&str] = &[
    "not", "dont", "donot", "never", "wont", "shouldnt", "mustnt", "nicht", "nie", "niemals", "niet",
    "nooit", "nao", "nunca", "jamas", "jamais", "non",
];

/// No to what stands before it: "installiere nicht", "n'installe pas".
pub(crate) const NOT_BEHIND: &[&str] = &["nicht", "niet", "nie", "pas", "nao"];

/// Words that a question begins with, its mark left out.
pub(crate) const ASKS: &[&str] = &[
    "are", "is", "was", "were", "what", "why", "how", "who", "when", "does", "did", "has", "ist", "warum",
    "wie", "wann", "wer",
];

/// To take something away.
pub(crate) const REMOVES: &[&str] = &[
    "remove", "removes", "delete", "deletes", "drop", "losche", "loschen", "entferne", "supprime", "enleve",
    "quita", "elimina", "borra", "rimuovi", "togli", "verwijder", "usun", "remova", "tira",
];

/// What people have on disks.
pub(crate) const FILES: &[&str] = &[
    "data", "files", "documents", "docs", "photos", "pictures", "music", "games", "videos", "mails", "stuff",
    "thesis", "backup", "backups", "daten", "dateien", "fotos", "bilder", "donnees", "fichiers", "archivos",
    "documenti", "bestanden",
];

/// Without a use.
pub(crate) const EMPTY: &[&str] =
    &["empty", "blank", "leer", "vide", "vacio", "vacia", "vuoto", "vuota", "leeg", "pusty"];

/// True where one of these stands in a folded text as words.
pub(crate) fn has_any(folded: &str, phrases: &[&str]) -> bool {
    let padded = format!(" {folded} ");
    phrases.iter().any(|phrase| padded.contains(&format!(" {phrase} ")))
}
