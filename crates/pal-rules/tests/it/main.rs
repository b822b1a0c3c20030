#![cfg(test)]
//! The rules as text: every case in `cases/`.

mod answer;
mod case;
mod cases;
mod gaps;
mod settling;
