//! The same over a connection, where lengths and what is left unread matter.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use axum::ServiceExt;

use crate::world::{PARTNER, Partners, World, own, partner};

/// Sends text as it stands and returns all that comes back until the server closes, which the text asks for.
async fn talk(world: &World, text: String) -> String {
    talk_until(world, text, |_| {}).await
}

async fn talk_until(world: &World, text: String, then: fn(&TcpStream)) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, world.service().into_make_service()).into_future());
    let said = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        then(&stream);
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        said
    });
    let said = said.await.unwrap();
    server.abort();
    said
}

fn written(method: &str, address: &str, rest: &str) -> String {
    format!("{method} {address} HTTP/1.1\r\nHost: pal.example\r\nAuthorization: Bearer alice\r\n{rest}")
}

/// The status lines of all answers on a connection.
fn statuses(said: &str) -> Vec<&str> {
    said.match_indices("HTTP/1.1 ").map(|(at, _)| &said[at + 9..at + 12]).collect()
}

#[tokio::test]
async fn one_connection_carries_bodies_of_every_kind() {
    let world = World::new().await;
    let talked = [
        written("PUT", &partner(PARTNER), "Content-Length: 0\r\n\r\n"),
        written("HEAD", &own(), "\r\n"),
        written("PATCH", &partner(PARTNER), "Content-Length: 2\r\n\r\n{}"),
        written("PUT", &partner(PARTNER), "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        written("DELETE", &partner(PARTNER), "\r\n"),
        written("GET", &own(), "Connection: close\r\n\r\n"),
    ];
    let said = talk(&world, talked.concat()).await;
    assert_eq!(statuses(&said), ["200", "200", "200", "409", "200", "404"], "{said}");
    let head = said.split("HTTP/1.1 ").nth(2).unwrap();
    assert!(head.ends_with("\r\n\r\n") && !head.contains("content-length: 0"), "{head}");
    let delete = said.split("HTTP/1.1 ").nth(5).unwrap();
    assert!(delete.contains("content-length: 0\r\n") && !delete.contains("\ncontent-type"), "{delete}");
    assert!(said.matches("\r\ndate: ").count() == 6 && !said.contains("server:"), "{said}");
}

#[tokio::test]
async fn a_client_that_asks_first_need_not_send_what_is_too_long() {
    let world = World::with(Partners::Directory, &[], |app| app.limits.body_bytes = 8).await;
    let rest = "Content-Length: 9\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
    let said = talk(&world, written("PUT", &partner(PARTNER), rest)).await;
    assert_eq!(statuses(&said), ["413"], "{said}");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_request() {
    let world = World::new().await;
    let text = written("PUT", &partner(PARTNER), "Content-Length: 5\r\n\r\n{");
    let said = talk_until(&world, text, |stream| stream.shutdown(Shutdown::Write).unwrap()).await;
    assert!(statuses(&said).iter().all(|status| *status == "400"), "{said}");
    assert_eq!(world.ask("GET", &own()).await.status, 404, "nothing was linked");
}
