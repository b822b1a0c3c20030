//! A record as its members are looked up: by name in any case, nested by dots, because sources differ in both.

use serde_json::Value;

use super::page::Page;

/// A record of any source: an object of JSON, or a row of a table with its header's names.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a>(&'a Value, &'a Page);

impl<'a> Record<'a> {
    /// The record in a value.
    pub fn new(value: &'a Value) -> Record<'a> {
        Record(value, Page::none())
    }

    /// The record in a value that stood on a page.
    pub fn on_page(value: &'a Value, page: &'a Page) -> Record<'a> {
        Record(value, page)
    }

    /// What stands beside the record on its page.
    pub fn page(self) -> &'a Page {
        self.1
    }

    /// The text of a member whose name holds dots, in any case.
    pub fn annotation(self, name: &str) -> Option<&'a str> {
        member(self.0, name)?.as_str()
    }

    /// The value at a path of member names, in any case (`properties.owner.id`).
    pub fn get(self, path: &str) -> Option<&'a Value> {
        let mut value = self.0;
        for name in path.split('.') {
            value = member(value, name)?;
        }
        (!value.is_null()).then_some(value)
    }

    /// The first of several paths that is there.
    pub fn first(self, paths: &[&str]) -> Option<&'a Value> {
        paths.iter().find_map(|path| self.get(path))
    }

    /// The text at the first of several paths that has one that is not empty.
    pub fn text(self, paths: &[&str]) -> Option<&'a str> {
        let texts = paths.iter().filter_map(|path| self.get(path)?.as_str());
        texts.map(str::trim).find(|text| !text.is_empty())
    }

    /// The whole number at the first path that has one, also written as text.
    pub fn number(self, paths: &[&str]) -> Option<i64> {
        paths.iter().find_map(|path| {
            let value = self.get(path)?;
            value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
        })
    }

    /// The truth at the first path that has one, also written as text.
    pub fn truth(self, paths: &[&str]) -> Option<bool> {
        paths.iter().find_map(|path| {
            let value = self.get(path)?;
            value.as_bool().or_else(|| match value.as_str()?.trim().to_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            })
        })
    }

    /// The elements of the list at a path, as records.
    pub fn list(self, path: &str) -> impl Iterator<Item = Record<'a>> + use<'a> {
        self.get(path).and_then(Value::as_array).into_iter().flatten().map(move |value| Record(value, self.1))
    }

    /// The record at a path.
    pub fn inner(self, path: &str) -> Option<Record<'a>> {
        self.get(path).filter(|value| value.is_object()).map(|value| Record(value, self.1))
    }

    /// Whether it has all of these members (not nested), in any case; their values may be null.
    pub fn has(self, names: &[&str]) -> bool {
        names.iter().all(|name| member(self.0, name).is_some())
    }

    /// The value itself.
    pub fn value(self) -> &'a Value {
        self.0
    }
}

/// A member by its name: as written, else in any case.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let object = value.as_object()?;
    object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}
