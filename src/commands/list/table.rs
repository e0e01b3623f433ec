//! The list for people. On a terminal it is as wide as that, and grouped by account; elsewhere it is a table in full, with
//! a column for everything.

use super::super::duration::duration;
use super::super::summary::style_of_time;
use super::order::Group;
use super::row::Row;
use crate::printable::printable;
use crate::profile::Region;
use crate::style::{Screen, Style};
use crate::width::{cut, shortened, width};
use std::borrow::Cow;

/// In columns. A name that is shorter than this says too little.
const NARROWEST: usize = 10;

const PROFILE: usize = 0;
const ACCOUNT: usize = 1;
const ROLE_OR_USER: usize = 2;
const REGION: usize = 3;
const LEFT: usize = 4;
const PROBLEM: usize = 5;
const HEADER: [&str; 6] = ["PROFILE", "ACCOUNT", "ROLE OR USER", "REGION", "TIME LEFT", "PROBLEM"];

/// The cells of a line, each with its width.
type Cells<'a> = [(usize, Cow<'a, str>); 6];

/// Which columns there are, and how wide.
struct Layout<'a> {
    screen: &'a Screen,
    columns: Vec<usize>,
    widths: [usize; 6],
    /// On a terminal, that of the names of profiles that cannot sign in.
    unusable: usize,
    /// Before each line.
    indent: usize,
    /// Whether the account is above its profiles instead of next to each.
    is_grouped: bool,
}

/// The table. Columns are two spaces apart, and each is as wide as its widest cell, unless the terminal is too narrow.
pub(super) fn table(rows: &[Row<'_>], groups_accounts: bool, screen: &Screen) -> String {
    let header = HEADER.map(|heading| (heading.len(), heading.into()));
    let lines: Vec<Cells<'_>> = rows.iter().map(cells).collect();
    let layout = Layout::of(&header, &lines, groups_accounts, screen);
    let mut text = String::with_capacity((rows.len() + 1) * 64);
    layout.push_line(&mut text, " ", &header, |_| Style::Name);
    let mut group = None;
    for (row, cells) in rows.iter().zip(&lines) {
        if group != Some(row.group) && layout.is_grouped {
            screen.push(&mut text, Style::Name, &heading(row));
            text.push('\n');
        }
        group = Some(row.group);
        let mark = if row.is_current { "*" } else { " " };
        match row.group {
            Group::Unusable => layout.push_unusable(&mut text, mark, cells),
            _ => layout.push_line(&mut text, mark, cells, |column| match (column, row.seconds_left) {
                (LEFT, Some(left)) => style_of_time(left),
                (PROFILE, _) if row.is_current => Style::Name,
                _ => Style::Plain,
            }),
        }
    }
    text
}

fn cells<'a>(row: &'a Row<'_>) -> Cells<'a> {
    let cells: [Cow<'_, str>; 6] = [
        row.name(),
        row.shown_account(),
        row.role_or_user(),
        row.region.as_ref().map(Region::as_str).unwrap_or_default().into(),
        row.seconds_left.map(duration).unwrap_or_default().into(),
        row.reason().unwrap_or_default().into(),
    ];
    cells.map(|cell| (width(&cell), cell))
}

/// The line above a group.
fn heading(row: &Row<'_>) -> Cow<'static, str> {
    match (row.group, row.account()) {
        (Group::Account(_), Some(account)) => format!("account {}", printable(account)).into(),
        (Group::Account(_) | Group::NoAccount | Group::Usable, _) => "account not known".into(),
        (Group::NoProfile, _) => "sessions that belong to no profile".into(),
        (Group::Unusable, _) => "cannot sign in".into(),
    }
}

impl<'a> Layout<'a> {
    fn of(header: &Cells<'_>, lines: &[Cells<'_>], groups_accounts: bool, screen: &'a Screen) -> Self {
        let mut widths = header.each_ref().map(|(width, _)| *width);
        let mut unusable = 0;
        for line in lines {
            // There, the reason is in the place of the other columns.
            if screen.is_terminal && line[PROBLEM].0 > 0 {
                unusable = line[PROFILE].0.max(unusable);
                continue;
            }
            for (widest, (width, _)) in widths.iter_mut().zip(line) {
                *widest = (*widest).max(*width);
            }
        }
        let is_grouped = screen.is_terminal && groups_accounts;
        let columns = match (screen.is_terminal, is_grouped) {
            (false, _) => vec![PROFILE, ACCOUNT, ROLE_OR_USER, REGION, LEFT, PROBLEM],
            (true, false) => vec![PROFILE, ACCOUNT, ROLE_OR_USER, REGION, LEFT],
            (true, true) => vec![PROFILE, ROLE_OR_USER, REGION, LEFT],
        };
        let indent = if screen.is_terminal { 2 } else { 0 };
        let mut layout = Layout { screen, columns, widths, unusable, indent, is_grouped };
        if let Some(columns) = screen.columns {
            layout.fit(columns);
        }
        layout
    }

    /// Makes the lines as wide as the terminal: shortens names, or else leaves out columns.
    fn fit(&mut self, columns: usize) {
        self.unusable = self.unusable.min((columns / 3).max(NARROWEST));
        let natural = self.widths.map(|width| width.min(columns));
        for least_important in [REGION, ACCOUNT, ROLE_OR_USER] {
            self.widths = natural;
            self.shorten(columns, NARROWEST);
            if self.width() <= columns {
                return;
            }
            self.columns.retain(|column| *column != least_important);
        }
        self.widths = natural;
        self.shorten(columns, 1);
    }

    /// Shortens the widest columns of names until the lines fit, or all of these columns are as narrow as `narrowest`.
    fn shorten(&mut self, columns: usize, narrowest: usize) {
        while self.width() > columns {
            let names = self.columns.iter().filter(|column| matches!(**column, PROFILE | ROLE_OR_USER | REGION));
            let Some(widest) = names.copied().max_by_key(|column| self.widths[*column]) else { return };
            if self.widths[widest] <= narrowest {
                return;
            }
            self.widths[widest] -= 1;
        }
    }

    fn width(&self) -> usize {
        let widths = self.columns.iter().map(|column| self.widths[*column] + 2);
        (self.indent + widths.sum::<usize>()).saturating_sub(2)
    }

    fn push_line(&self, text: &mut String, mark: &str, cells: &Cells<'_>, style: impl Fn(usize) -> Style) {
        let mut padding = 0;
        if self.indent > 0 {
            text.push_str(mark);
            padding = self.indent - mark.len();
        }
        for column in &self.columns {
            let ((width, cell), widest) = (&cells[*column], self.widths[*column]);
            // Padding is written only before a cell that has text, so no line ends in spaces.
            if cell.is_empty() {
                padding += widest + 2;
                continue;
            }
            push_spaces(text, padding);
            if *width <= widest {
                self.screen.push(text, style(*column), cell);
                padding = widest + 2 - *width;
            } else {
                let cell = shortened(cell, widest, self.screen.ellipsis);
                self.screen.push(text, style(*column), &cell);
                padding = widest + 2 - self::width(&cell);
            }
        }
        text.push('\n');
    }

    /// A profile that cannot sign in, and why. The reason ends where the line does.
    fn push_unusable(&self, text: &mut String, mark: &str, cells: &Cells<'_>) {
        if !self.screen.is_terminal {
            return self.push_line(text, mark, cells, |_| Style::Aside);
        }
        let name = shortened(&cells[PROFILE].1, self.unusable, self.screen.ellipsis);
        let mut line = format!("{mark} {name}");
        push_spaces(&mut line, self.unusable - width(&name) + 2);
        let left = self.screen.columns.map(|columns| columns.saturating_sub(width(&line)));
        line.push_str(&cut(&cells[PROBLEM].1, left.unwrap_or(usize::MAX), self.screen.ellipsis));
        self.screen.push(text, Style::Aside, &line);
        text.push('\n');
    }
}

fn push_spaces(text: &mut String, count: usize) {
    text.extend(std::iter::repeat_n(' ', count));
}
