//! XML, read as it streams: no document type, no entity but the five that XML has itself, bounded in depth and text.

use std::io::{self, BufRead, Read};

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

/// The deepest element.
const DEPTH: usize = 200;
/// The longest tag or text.
const LONGEST: usize = 16 << 20;
/// The longest name of an element.
const NAME: usize = 1000;
/// The most attributes of an element.
const ATTRIBUTES: usize = 1000;

/// What the reader comes upon; the names of the open elements go with it.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// An element begins: its attributes.
    Open(&'a [(String, String)]),
    /// It ends: the text in it, if it holds no elements.
    Close(&'a str),
}

/// Why a document is not read on.
pub(super) type Fault = &'static str;

/// What gets the names of the open elements, outermost first, and what comes.
pub(super) type Take<'a> = dyn FnMut(&[String], Step<'_>) -> Result<(), Fault> + 'a;

const BROKEN: Fault = "its XML is broken or breaks off: fetch it again";
const LONG: Fault = "its XML has a tag or text longer than 16 MiB";

/// Reads a document.
pub(super) fn walk(from: impl BufRead, take: &mut Take<'_>) -> Result<(), Fault> {
    let mut reader = Reader::from_reader(Gauge { inner: from, left: LONGEST });
    let (mut path, mut text, mut buffer) = (Vec::new(), String::new(), Vec::new());
    let mut seen = false;
    loop {
        buffer.clear();
        reader.get_mut().left = LONGEST;
        let event = reader.read_event_into(&mut buffer).map_err(|error| match error {
            quick_xml::Error::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => LONG,
            _ => BROKEN,
        })?;
        match event {
            Event::Start(start) => {
                text.clear();
                open(&mut path, &start, take)?;
            }
            Event::Empty(start) => {
                text.clear();
                open(&mut path, &start, take)?;
                take(&path, Step::Close(""))?;
                path.pop();
                seen = true;
            }
            Event::End(_) => {
                take(&path, Step::Close(text.trim()))?;
                path.pop();
                text.clear();
                seen = true;
            }
            Event::Text(part) => add(&mut text, &part.xml10_content())?,
            Event::CData(part) => add(&mut text, &part.xml10_content())?,
            Event::GeneralRef(name) => match name.resolve_char_ref().map_err(|_| BROKEN)? {
                Some(char) => add(&mut text, char.encode_utf8(&mut [0; 4]))?,
                None => add(&mut text, resolve_predefined_entity(&name).ok_or(ENTITY)?)?,
            },
            Event::DocType(_) => {
                return Err("its XML has a document type, which no export has: it is not read");
            }
            Event::Eof if seen && path.is_empty() => return Ok(()),
            Event::Eof => return Err(BROKEN),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
}

const ENTITY: Fault = "its XML names an entity, which is not expanded: it is not read";

fn open(path: &mut Vec<String>, start: &BytesStart<'_>, take: &mut Take<'_>) -> Result<(), Fault> {
    if path.len() >= DEPTH {
        return Err("its XML is nested deeper than 200 elements");
    }
    let name = start.local_name();
    if name.as_ref().len() > NAME {
        return Err("its XML has an element with a name longer than 1000 letters");
    }
    path.push(name.as_ref().to_owned());
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        if attributes.len() == ATTRIBUTES {
            return Err("its XML has an element with more than 1000 attributes");
        }
        let attribute = attribute.map_err(|_| BROKEN)?;
        let value = attribute.normalized_value(quick_xml::XmlVersion::default()).map_err(|_| ENTITY)?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    take(path, Step::Open(&attributes))
}

fn add(text: &mut String, part: &str) -> Result<(), Fault> {
    if text.len() + part.len() > LONGEST {
        return Err(LONG);
    }
    text.push_str(part);
    Ok(())
}

/// Whether the innermost open elements have these names, in any case.
pub(super) fn ends(path: &[String], names: &[&str]) -> bool {
    let skipped = path.len().checked_sub(names.len());
    let tail = skipped.and_then(|skipped| path.get(skipped..));
    tail.is_some_and(|tail| tail.iter().zip(names).all(|(open, name)| open.eq_ignore_ascii_case(name)))
}

/// The value of an attribute, by its name in any case.
pub(super) fn attribute<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

/// Gives no more than is left, so that no event takes more room than it may.
struct Gauge<R> {
    inner: R,
    left: usize,
}

impl<R: BufRead> Read for Gauge<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl<R: BufRead> BufRead for Gauge<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount);
        self.inner.consume(amount);
    }
}
