//! The endpoint's clock, which is this machine's clock plus an offset, and AWS's three time formats.
//!
//! As at AWS, one clock determines the `Date` header, the age of a signature, the TOTP period and every expiration.
//! Tests move it to make the client's clock wrong.

use std::sync::atomic::{AtomicI64, Ordering};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

const AMZ: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");
const HTTP: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
const EXPIRATION: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

#[derive(Default)]
pub struct Clock {
    offset: AtomicI64,
}

impl Clock {
    pub fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + Duration::seconds(self.offset.load(Ordering::SeqCst))
    }

    pub fn set(&self, seconds: i64) {
        self.offset.store(seconds, Ordering::SeqCst);
    }

    pub fn advance(&self, seconds: i64) {
        self.offset.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// `20261121T084219Z`, as in `X-Amz-Date`.
pub fn amz_date(at: OffsetDateTime) -> String {
    formatted(at, AMZ)
}

/// `Sat, 21 Nov 2026 08:42:19 GMT`, as in `Date`.
pub fn http_date(at: OffsetDateTime) -> String {
    formatted(at, HTTP)
}

/// `2026-11-21T08:42:19Z`, as in `<Expiration>`.
pub fn expiration(at: OffsetDateTime) -> String {
    formatted(at, EXPIRATION)
}

pub fn parse_amz_date(text: &str) -> Option<OffsetDateTime> {
    PrimitiveDateTime::parse(text, AMZ).ok().map(PrimitiveDateTime::assume_utc)
}

fn formatted(at: OffsetDateTime, form: &[BorrowedFormatItem<'_>]) -> String {
    at.format(&form).expect("these formats apply to every time")
}
