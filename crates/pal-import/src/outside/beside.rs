//! What stands beside the records of a page: small members such as `resultTruncated` or `skipToken`. Lists, objects and
//! long texts are passed over, so that it never takes room.

use serde_json::Value;

/// The most members that are noted.
const MEMBERS: usize = 16;
/// The longest name, and the longest value.
const NAME: usize = 64;
const VALUE: usize = 1024;
/// The most pages that are kept until somebody asks for them.
const PAGES: usize = 64;

/// The small members of one page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside(Vec<(String, String)>);

/// The page being read, and those that ended.
#[derive(Debug, Default)]
pub(super) struct Pages {
    current: Beside,
    ended: Vec<Beside>,
}

impl Beside {
    /// A member as text, by its name in any case; `None` where it is null, long, or not there.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// What the user should know about the page (`formats.md` §4.2).
    pub(super) fn warning(&self) -> Option<&'static str> {
        let truncated = self.get("resultTruncated").is_some_and(|text| !matches!(text, "0" | "false" | ""));
        (truncated && self.get("skipToken").is_none()).then_some(
            "the inventory is incomplete: `resultTruncated` is set and there is no `skipToken` to go on with: export it \
             again, one environment at a time",
        )
    }
}

impl Pages {
    /// Forgets what was noted of a document that turned out to be a record.
    pub(super) fn begin(&mut self) {
        self.current.0.clear();
    }

    /// Notes a member if it is small; both as they stand in the file, the name without its quotes.
    pub(super) fn note(&mut self, name: &[u8], value: &[u8]) {
        let members = &mut self.current.0;
        let small = name.len() <= NAME && value.len() <= VALUE && members.len() < MEMBERS;
        if !small || matches!(value.first(), None | Some(b'{' | b'[')) {
            return;
        }
        let text = match serde_json::from_slice(value) {
            Ok(Value::String(text)) => text,
            Ok(Value::Null) | Err(_) => return,
            Ok(value) => value.to_string(),
        };
        members.push((String::from_utf8_lossy(name).into_owned(), text));
    }

    /// The page is over.
    pub(super) fn end(&mut self) {
        if self.ended.len() < PAGES {
            self.ended.push(std::mem::take(&mut self.current));
        }
        self.begin();
    }

    /// The pages that ended since this was last asked.
    pub(super) fn take(&mut self) -> Vec<Beside> {
        std::mem::take(&mut self.ended)
    }
}

#[cfg(test)]
mod tests {
    use super::Pages;

    #[test]
    fn only_what_is_small_is_noted_and_only_of_its_own_page() {
        let mut pages = Pages::default();
        pages.note(b"old", b"1");
        pages.begin();
        pages.note(b"Text", br#""a\"b""#);
        pages.note(b"number", b"12");
        pages.note(b"truth", b"true");
        pages.note(b"nothing", b"null");
        pages.note(b"list", b"[1]");
        pages.note(b"long", format!("\"{}\"", "x".repeat(2000)).as_bytes());
        pages.end();
        for _ in 0..100 {
            pages.note(b"many", b"1");
            pages.end();
        }
        let ended = pages.take();
        assert_eq!(ended.len(), 64);
        let first = &ended[0];
        let found = ["old", "text", "number", "truth", "nothing", "list", "long"].map(|name| first.get(name));
        assert_eq!(found, [None, Some("a\"b"), Some("12"), Some("true"), None, None, None]);
        assert!(pages.take().is_empty());
    }
}
