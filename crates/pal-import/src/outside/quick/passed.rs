//! Records that are ignored for a word that they have, such as an operation, counted by it: most records of an audit log.

use std::collections::BTreeMap;

use crate::outside::Reason;
use crate::outside::facts::same_word;

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

/// How many words are found without a search.
const HELD: usize = 32;

/// How many there are of each.
#[derive(Debug, Default)]
pub(in crate::outside) struct Passed {
    /// The first that came for each place, which follows from a word's length and ends.
    held: [Option<Held>; HELD],
    /// All others.
    others: BTreeMap<(&'static str, &'static str), BTreeMap<String, u64>>,
}

#[derive(Debug)]
struct Held {
    what: &'static str,
    why: &'static str,
    word: String,
    count: u64,
}

impl Passed {
    pub(in crate::outside) fn count(&mut self, pass: Pass<'_>) {
        let Pass { what, word, why } = pass;
        let ends = word.as_bytes().first().zip(word.as_bytes().last());
        let place = ends.map_or(0, |(first, last)| word.len() + usize::from(*first) + 2 * usize::from(*last));
        match self.held.get_mut(place % HELD) {
            Some(Some(held)) if held.is(pass) => return held.count += 1,
            Some(free @ None) => return *free = Some(Held { what, why, word: word.to_owned(), count: 1 }),
            _ => {}
        }
        let words = self.others.entry((what, why)).or_default();
        // A name is made only for a word that is new.
        match words.get_mut(word) {
            Some(count) => *count += 1,
            None => {
                words.insert(word.to_owned(), 1);
            }
        }
    }

    /// All of them in sentences.
    pub(in crate::outside) fn reasons(&self) -> impl Iterator<Item = (Reason, u64)> {
        let held = self.held.iter().flatten().map(|held| (held.what, held.why, &held.word, held.count));
        let others = self
            .others
            .iter()
            .flat_map(|((what, why), words)| words.iter().map(|(word, count)| (*what, *why, word, *count)));
        held.chain(others).map(|(what, why, word, count)| (Pass { what, word, why }.reason(), count))
    }
}

impl Held {
    fn is(&self, pass: Pass<'_>) -> bool {
        same_word(self.what, pass.what) && same_word(self.why, pass.why) && self.word == pass.word
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Pass, Passed};

    #[test]
    fn words_are_counted_wherever_they_are_held() {
        let mut passed = Passed::default();
        let words: Vec<String> = (0..500).map(|number| format!("Word{}", number % 250)).collect();
        for word in words.iter().map(String::as_str).chain(["", "é"]) {
            for (what, why) in [("operation", ""), ("operation", " that failed"), ("message", "")] {
                passed.count(Pass { what, word, why });
            }
        }
        let mut all = BTreeMap::new();
        for (reason, count) in passed.reasons() {
            assert_eq!(all.insert(reason, count), None, "each is told once");
        }
        assert_eq!((all.len(), all.values().sum::<u64>()), (3 * 252, 3 * 502));
        assert_eq!(all.get("operation Word7 that failed"), Some(&2));
        assert_eq!(all.get("message é"), Some(&1));
    }
}
