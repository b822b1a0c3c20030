//! What stands beside the records of a page: where it was asked for, whether more follows.

use serde_json::Value;

/// The most members that are noted.
const MEMBERS: usize = 32;
/// The longest of them.
const LONGEST: usize = 1024;

static NONE: Page = Page(Vec::new());

/// The small members of a page beside its records: texts, numbers and flags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page(Vec<(String, Value)>);

impl Page {
    /// Of a record that is none of a page.
    pub fn none() -> &'static Page {
        &NONE
    }

    /// The member of a name, in any case.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Notes a member, given as it is written; nothing where it is long, nested or one too many.
    pub(super) fn note(&mut self, key: &[u8], value: &[u8]) {
        let small = key.len() + value.len() <= LONGEST && self.0.len() < MEMBERS;
        if !small || value.first().is_none_or(|byte| matches!(byte, b'[' | b'{')) {
            return;
        }
        if let (Ok(key), Ok(value)) = (std::str::from_utf8(key), serde_json::from_slice(value)) {
            self.0.push((key.to_owned(), value));
        }
    }
}
