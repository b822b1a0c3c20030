//! Records that are ignored for a word that they have, such as an operation, counted by it: most records of an audit log.

use std::collections::BTreeMap;

use crate::outside::Reason;

/// Why a record is ignored.
#[derive(Clone, Copy, Debug)]
pub(in crate::outside) struct Pass<'a> {
    /// What the word is.
    pub(in crate::outside) what: &'static str,
    /// The word.
    pub(in crate::outside) word: &'a str,
    /// What follows it; it begins with a space or colon, or is empty.
    pub(in crate::outside) why: &'static str,
}

impl Pass<'_> {
    /// It in a sentence.
    pub(in crate::outside) fn reason(self) -> Reason {
        format!("{} {}{}", self.what, self.word, self.why).into()
    }
}

/// How many there are of each.
#[derive(Debug, Default)]
pub(in crate::outside) struct Passed(BTreeMap<(&'static str, &'static str), BTreeMap<String, u64>>);

impl Passed {
    pub(in crate::outside) fn count(&mut self, pass: Pass<'_>) {
        let words = self.0.entry((pass.what, pass.why)).or_default();
        // A name is made only for a word that is new.
        match words.get_mut(pass.word) {
            Some(count) => *count += 1,
            None => {
                words.insert(pass.word.to_owned(), 1);
            }
        }
    }

    /// All of them in sentences.
    pub(in crate::outside) fn reasons(&self) -> impl Iterator<Item = (Reason, u64)> {
        self.0.iter().flat_map(|((what, why), words)| {
            words.iter().map(|(word, count)| (Pass { what, word, why }.reason(), *count))
        })
    }
}
