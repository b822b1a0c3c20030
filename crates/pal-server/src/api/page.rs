//! The descriptions as a page for people: no script, nothing from elsewhere.

use axum::http::HeaderName;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use utoipa::openapi::OpenApi;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
     code,pre{font-family:ui-monospace,monospace;font-size:.9em}h2{margin-top:3rem}h3{margin-top:2rem}\
     table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;\
     border-top:1px solid #8884}.method{font-weight:700}@media(prefers-color-scheme:dark){body{background:#111;color:#eee}\
     a{color:#8cf}}";

/// The page.
pub(super) fn answer(documents: &[OpenApi]) -> Response {
    let mut body = String::new();
    for document in documents {
        // A document of ours is always JSON; if it were not, its part of the page would be empty.
        let document = serde_json::to_value(document).unwrap_or_default();
        section(&document, &mut body);
    }
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>pal: HTTP interface</title><style>{STYLE}</style></head><body><main>\
         <h1>HTTP interface</h1><p>For programs: <a href=\"/api/openapi.json\">our own API</a> and \
         <a href=\"/api/provider.openapi.json\">the provider</a> as OpenAPI 3.1.</p>{body}</main></body></html>"
    );
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers: [(HeaderName, &str); 2] =
        [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, policy)];
    (headers, page).into_response()
}

fn section(document: &Value, page: &mut String) {
    page.push_str(&format!("<h2>{}</h2>", text(document, "/info/title")));
    paragraphs(&text(document, "/info/description"), page);
    for (path, item) in members(document.get("paths")) {
        for (method, operation) in members(Some(item)) {
            let (method, path) = (escape(&method.to_uppercase()), escape(path));
            page.push_str(&format!("<h3><code><span class=\"method\">{method}</span> {path}</code></h3>"));
            page.push_str(&format!("<p><b>{}.</b></p>", text(operation, "/summary")));
            paragraphs(&text(operation, "/description"), page);
            parameters(operation, page);
            answers(operation, page);
        }
    }
    page.push_str(&format!("<h2>What {} sends and takes</h2>", text(document, "/info/title")));
    for (name, schema) in members(document.pointer("/components/schemas")) {
        page.push_str(&format!("<h3 id=\"{0}\"><code>{0}</code></h3>", escape(name)));
        paragraphs(&text(schema, "/description"), page);
        fields(schema, page);
    }
}

fn parameters(operation: &Value, page: &mut String) {
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let rows = parameters.into_iter().flatten().map(|parameter| {
        let place = text(parameter, "/in");
        let required = if parameter.get("required") == Some(&Value::Bool(true)) { ", required" } else { "" };
        [
            format!("<code>{}</code>", text(parameter, "/name")),
            format!("{place}{required}"),
            text(parameter, "/description"),
        ]
    });
    table(["Parameter", "Where", "Means"], rows, page);
}

fn answers(operation: &Value, page: &mut String) {
    let rows = members(operation.get("responses")).map(|(status, answer)| {
        let schema =
            members(answer.get("content")).next().map(|(_, content)| of_schema(content.get("schema")));
        [escape(status), schema.unwrap_or_default(), text(answer, "/description")]
    });
    table(["Status", "Body", "When"], rows, page);
}

fn fields(schema: &Value, page: &mut String) {
    let all = schema.get("allOf").and_then(Value::as_array);
    let parts = all.into_iter().flatten().chain([schema]);
    let rows = parts.flat_map(|part| members(part.get("properties"))).map(|(name, field)| {
        [format!("<code>{}</code>", escape(name)), of_schema(Some(field)), text(field, "/description")]
    });
    table(["Field", "Is", "Means"], rows, page);
    for part in all.into_iter().flatten().filter(|part| part.get("$ref").is_some()) {
        page.push_str(&format!("<p>And the fields of {}.</p>", of_schema(Some(part))));
    }
    let words: Vec<String> =
        schema.get("enum").and_then(Value::as_array).into_iter().flatten().map(word).collect();
    if !words.is_empty() {
        page.push_str(&format!("<p>One of {}.</p>", words.join(", ")));
    }
}

fn table(head: [&str; 3], rows: impl Iterator<Item = [String; 3]>, page: &mut String) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let [first, second, third] = head;
    page.push_str(&format!("<table><tr><th>{first}<th>{second}<th>{third}"));
    for [first, second, third] in rows {
        page.push_str(&format!("<tr><td>{first}<td>{second}<td>{third}"));
    }
    page.push_str("</table>");
}

/// A type in words, with a link to it if it has a name.
fn of_schema(schema: Option<&Value>) -> String {
    let Some(schema) = schema else { return String::new() };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#{0}\"><code>{0}</code></a>", escape(name));
    }
    if let Some(items) = schema.get("items") {
        return format!("list of {}", of_schema(Some(items)));
    }
    let format = schema.get("format").map(|format| format!(" ({})", word(format))).unwrap_or_default();
    match schema.get("type") {
        Some(Value::Array(types)) => {
            format!("{}{format}", types.iter().map(word).collect::<Vec<String>>().join(" or "))
        }
        Some(kind) => format!("{}{format}", word(kind)),
        None => {
            let one_of = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
            one_of.map(|one| of_schema(Some(one))).collect::<Vec<String>>().join(" or ")
        }
    }
}

fn members(object: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    object.and_then(Value::as_object).into_iter().flatten()
}

fn word(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

/// A text of the document, escaped.
fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).map(word).unwrap_or_default()
}

fn paragraphs(text: &str, page: &mut String) {
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        page.push_str(&format!("<p>{paragraph}</p>"));
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
