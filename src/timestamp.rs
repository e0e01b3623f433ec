//! Times as tools write them: the forms of ISO 8601 that botocore reads, which leaves that to dateutil. Separators,
//! seconds and fractions may be missing; a zone may not, because botocore fails without one.

use time::{Date, Time, UtcOffset};

/// Why text is not a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotATime {
    /// A date, perhaps with a time, but no zone.
    NoZone,
    /// Anything else.
    Unknown,
}

/// The point in time, in seconds since 1970-01-01 UTC; fractions of a second are dropped.
///
/// # Errors
/// It has no zone, is not in such a form, or does not exist, such as February 30.
pub fn parse(text: &str) -> Result<i64, NotATime> {
    let text = text.trim();
    let (day, rest) = text.split_once(|c: char| matches!(c, 'T' | 't') || c.is_whitespace()).unwrap_or((text, ""));
    let rest = rest.trim_start();
    let (clock, zone) =
        rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && !":.,".contains(c)).unwrap_or(rest.len()));
    let time = if rest.is_empty() { Some(Time::MIDNIGHT) } else { time(clock) };
    let local = date(day).zip(time).map(|(date, time)| date.with_time(time)).ok_or(NotATime::Unknown)?;
    match zone.trim_start() {
        "" => Err(NotATime::NoZone),
        zone => offset(zone).map(|offset| local.assume_offset(offset).unix_timestamp()).ok_or(NotATime::Unknown),
    }
}

/// `2026-11-27`, `2026/11/27` or `20261127`.
fn date(text: &str) -> Option<Date> {
    let (year, rest) = text.split_at_checked(4)?;
    let separator = rest.chars().next().filter(|c| matches!(c, '-' | '/'));
    let &[century, year] = numbers(year, None)?.as_slice() else { return None };
    let &[month, day] = numbers(&rest[separator.map_or(0, char::len_utf8)..], separator)?.as_slice() else {
        return None;
    };
    // botocore knows no year 0.
    let year = Some(i32::from(century) * 100 + i32::from(year)).filter(|year| *year > 0)?;
    Date::from_calendar_date(year, month.try_into().ok()?, day).ok()
}

/// `10:15:00`, `10:15`, `101500`, `1015` or `10`; seconds may have a fraction.
fn time(text: &str) -> Option<Time> {
    let (text, fraction) = text.split_once(['.', ',']).map_or((text, None), |(text, fraction)| (text, Some(fraction)));
    let parts = numbers(text, text.contains(':').then_some(':'))?;
    let is_fraction = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if fraction.is_some_and(|fraction| parts.len() < 3 || !is_fraction(fraction)) {
        return None;
    }
    match *parts.as_slice() {
        [hour] => Time::from_hms(hour, 0, 0).ok(),
        [hour, minute] => Time::from_hms(hour, minute, 0).ok(),
        [hour, minute, second] => Time::from_hms(hour, minute, second).ok(),
        _ => None,
    }
}

/// `Z`, `UTC`, `+02:00`, `+0200` or `+02`.
fn offset(text: &str) -> Option<UtcOffset> {
    if matches!(text, "Z" | "z" | "UTC" | "GMT") {
        return Some(UtcOffset::UTC);
    }
    let (sign, text) = text.strip_prefix('+').map(|text| (1, text)).or_else(|| Some((-1, text.strip_prefix('-')?)))?;
    let (hours, minutes) = match *numbers(text, text.contains(':').then_some(':'))?.as_slice() {
        [hours] => (hours, 0),
        [hours, minutes] => (hours, minutes),
        _ => return None,
    };
    let is_valid = hours < 24 && minutes < 60;
    let seconds = sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60);
    is_valid.then(|| UtcOffset::from_whole_seconds(seconds).ok())?
}

/// The numbers of two digits each, with this separator between them.
fn numbers(text: &str, separator: Option<char>) -> Option<Vec<u8>> {
    let number = |digits: &[u8]| match digits {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    };
    match separator {
        Some(separator) => text.split(separator).map(|part| number(part.as_bytes())).collect(),
        None => text.as_bytes().chunks(2).map(number).collect(),
    }
}
