//! Tokens that are written in a way that two readers could read differently, or that are cut or bent.

use serde_json::{Value, json};

use crate::identity_forged::Forgeries;
use crate::identity_tokens::*;

/// Every claim twice, in every way to write it.
pub(crate) fn repeated(forged: &mut Forgeries, claims: &Value) {
    let header = header().to_string();
    let text = claims.to_string();
    for (name, value) in claims.as_object().unwrap() {
        let escaped = format!("\\u{:04x}{}", u32::from(name.chars().next().unwrap()), &name[1..]);
        for value in [value.to_string(), "\"x\"".to_owned(), "1".to_owned(), "null".to_owned()] {
            for name in [name.as_str(), &escaped] {
                let last = format!("{},\"{name}\":{value}}}", &text[..text.len() - 1]);
                let first = format!("{{\"{name}\":{value},{}", &text[1..]);
                forged.add(format!("{name} twice"), ISSUER_KEY.token_of_text(&header, &last, "RS256"));
                forged.add(format!("{name} twice"), ISSUER_KEY.token_of_text(&header, &first, "RS256"));
            }
        }
    }
    let nested = with(claims, "x", json!(0)).to_string().replace("\"x\":0", "\"x\":[{\"a\":1,\"a\":1}]");
    forged.add("twice inside", ISSUER_KEY.token_of_text(&header, &nested, "RS256"));
    for (name, value) in [("alg", "\"none\""), ("alg", "\"RS256\""), ("kid", "\"key-1\""), ("typ", "\"JWT\"")]
    {
        let first = format!("{{\"{name}\":{value},{}", &header[1..]);
        let last = format!("{},\"{name}\":{value}}}", &header[..header.len() - 1]);
        forged.add(format!("{name} twice"), ISSUER_KEY.token_of_text(&first, &text, "RS256"));
        forged.add(format!("{name} twice"), ISSUER_KEY.token_of_text(&last, &text, "RS256"));
    }
    for (header, text) in [
        (format!("\u{feff}{header}"), text.clone()),
        (header.clone(), format!("\u{feff}{text}")),
        (header.clone(), format!("{text}x")),
        (header.clone(), format!("{text}{text}")),
        (header.clone(), format!("[{text}]")),
        (format!("[{header}]"), text.clone()),
        (header.clone(), text.replace(':', "=")),
        (header.clone(), format!("{},}}", &text[..text.len() - 1])),
        (header.clone(), text.replace('"', "'")),
        (String::new(), text.clone()),
        (header.clone(), String::new()),
        (header.clone(), format!("/**/{text}")),
        (header.clone(), "null".to_owned()),
    ] {
        forged.add("not JSON", ISSUER_KEY.token_of_text(&header, &text, "RS256"));
    }
    forged.claims("too long", &with(claims, "x", json!("x".repeat(16_000))));
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let deep = format!("{},\"x\":{deep}}}", &text[..text.len() - 1]);
    forged.add("too deep", ISSUER_KEY.token_of_text(&header, &deep, "RS256"));
}

/// A good token, cut at every length, with every kind of thing around it, and with bits turned.
pub(crate) fn cut_and_bent(forged: &mut Forgeries, good: &str) {
    for length in 0..good.len() {
        forged.add(format!("first {length}"), &good[..length]);
    }
    for start in (1..good.len()).step_by(7) {
        forged.add(format!("without the first {start}"), &good[start..]);
    }
    let parts: Vec<&str> = good.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("a token has three parts") };
    for (what, token) in [
        ("padding", format!("{header}=.{claims}.{signature}")),
        ("padding", format!("{header}.{claims}=.{signature}")),
        ("padding", format!("{good}=")),
        ("padding", format!("{good}==")),
        ("space", format!("{good} ")),
        ("space", format!(" {good}")),
        ("line", format!("{good}\n")),
        ("line", format!("{header}.\n{claims}.{signature}")),
        ("word", format!("Bearer {good}")),
        ("dot", format!("{good}.")),
        ("dot", format!(".{good}")),
        ("dots", format!("{header}..{claims}.{signature}")),
        ("parts", format!("{good}.{signature}")),
        ("parts", format!("{good}.{claims}.{signature}")),
        ("order", format!("{claims}.{header}.{signature}")),
        ("order", format!("{header}.{signature}.{claims}")),
        ("comma", good.replace('.', ",")),
        ("twice", format!("{good}{good}")),
        ("quotes", format!("\"{good}\"")),
        ("letters", good.to_uppercase()),
        ("escaped", good.replace('.', "%2E")),
        ("wide", good.replace('.', "\u{ff0e}")),
    ] {
        forged.add(what, token);
    }
    let mut dice = Dice(u64::try_from(good.len()).unwrap());
    let letters: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']).collect();
    for _ in 0..400 {
        let place = dice.roll(good.len());
        let letter = letters[dice.roll(letters.len())];
        let mut token: Vec<char> = good.chars().collect();
        if token[place] != letter {
            token[place] = letter;
            forged.add(format!("letter {place} is {letter}"), token.into_iter().collect::<String>());
        }
    }
}
