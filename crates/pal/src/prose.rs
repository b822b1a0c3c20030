//! Text for people that keeps within a width: sentences wrapped with their indent, tables whose cells wrap.

use std::io::{self, IsTerminal};

use comfy_table::{ColumnConstraint, ContentArrangement, Table as Drawn, presets};

use crate::render::{Table, draw, harmless_cell};

/// The width off a terminal.
const WIDTH: usize = 100;

/// Below this a line holds too little to be read.
const NARROWEST: usize = 40;

/// Below this a last column is too narrow to wrap in alone.
const NARROW_COLUMN: usize = 24;

/// The width that text for people is wrapped to: the terminal's, or 100 columns off a terminal.
pub(crate) fn width() -> usize {
    let terminal = io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    terminal.map_or(WIDTH, |(width, _)| usize::from(width.0).max(NARROWEST))
}

/// One paragraph, wrapped: the first line after `first`, every further one after as many spaces as `rest` says.
pub(crate) fn wrap(text: &str, first: &str, rest: usize, width: usize) -> String {
    let mut wrapped = String::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        let longer = line.chars().count() + usize::from(!empty) + word.chars().count();
        if longer > width && !empty {
            wrapped.push_str(&line);
            wrapped.push('\n');
            line = " ".repeat(rest);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    wrapped.push_str(&line);
    wrapped.push('\n');
    wrapped
}

/// A table within a width: the cells of the last column wrap, and those of all columns where that is not enough.
pub(crate) fn draw_within(table: &Table, width: usize) -> String {
    let natural = draw(table);
    if widest(&natural) <= width {
        return natural;
    }
    let mut drawn = Drawn::new();
    drawn.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    drawn.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    drawn.set_header(table.columns.iter().map(|column| column.to_uppercase().replace('_', " ")));
    for row in &table.rows {
        drawn.add_row(row.iter().map(|cell| harmless_cell(cell)));
    }
    let last_wraps = room_for_last(table, width) >= NARROW_COLUMN;
    let columns = table.columns.len();
    for (position, column) in drawn.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if last_wraps && position + 1 < columns {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let lines: Vec<String> = drawn.lines().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n", lines.join("\n"))
}

/// What the other columns leave for the last one.
fn room_for_last(table: &Table, width: usize) -> usize {
    let others = table.columns.len().saturating_sub(1);
    let taken: usize = (0..others)
        .map(|position| {
            let cells = table.rows.iter().filter_map(|row| row.get(position));
            let cells = cells.chain(table.columns.get(position));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0) + 2
        })
        .sum();
    width.saturating_sub(taken)
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{draw_within, widest, wrap};
    use crate::render::Table;

    #[test]
    fn a_paragraph_keeps_its_indent_and_its_width() {
        assert_eq!(wrap("one two three four", "- ", 2, 11), "- one two\n  three\n  four\n");
        assert_eq!(wrap("a-word-that-is-too-long fits", "  ", 2, 9), "  a-word-that-is-too-long\n  fits\n");
    }

    #[test]
    fn a_wide_table_wraps_its_last_column() {
        let mut table = Table::new(["when", "what"]);
        table.rows.push(vec!["2026-03-12".to_owned(), "somebody did something ".repeat(6)]);
        let drawn = draw_within(&table, 60);
        assert!(widest(&drawn) <= 60, "{drawn}");
        assert!(drawn.lines().skip(2).all(|line| line.starts_with("            ")), "{drawn}");
    }
}
