//! The name of a region as it is typed.

use crate::error::{Error, InvalidValue};
use crate::origin::Origin;
use crate::profile::{Region, similar_names};

/// The regions that are known now, only to notice misspelt ones. New ones work, too.
const KNOWN: &str = "\
    af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 \
    ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 \
    cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-isoe-west-1 eu-north-1 eu-south-1 eu-south-2 eu-west-1 \
    eu-west-2 eu-west-3 eusc-de-east-1 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 \
    us-gov-east-1 us-gov-west-1 us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1 us-isof-east-1 \
    us-isof-south-1 us-west-1 us-west-2";

/// In bytes. No region has as many, and no availability zone.
const LONGEST: usize = 30;

/// What was typed.
#[derive(Debug)]
pub enum TypedRegion {
    /// A region, as far as it can be known here.
    Known(Region),
    /// A name of the right form that is not known, and the known one that it resembles.
    Unknown {
        /// As it was typed.
        typed: Region,
        /// One that may be meant.
        similar: Option<Region>,
    },
    /// Something else, with the reason for the message.
    Wrong(String),
}

impl TypedRegion {
    /// Reads what was typed.
    pub fn parse(text: &str) -> Self {
        let value = text.trim().to_ascii_lowercase();
        let typed = match Region::parse(&value) {
            Ok(region) => region,
            // Not repeated, because it may be a secret.
            Err(_) if value.len() > LONGEST => {
                return TypedRegion::Wrong("that is not a region name, which looks like eu-central-1".to_owned());
            }
            Err(problem) => {
                let (value, origin) = (text.trim().to_owned(), Origin::Flag("the region"));
                let e = InvalidValue { setting: "region", value, problem, origin };
                return TypedRegion::Wrong(in_one_line(&e.into()));
            }
        };
        if KNOWN.split_ascii_whitespace().any(|known| known == value) {
            return TypedRegion::Known(typed);
        }
        let similar = similar_names(&value, KNOWN.split_ascii_whitespace()).first().copied();
        TypedRegion::Unknown { typed, similar: similar.and_then(|name| Region::parse(name).ok()) }
    }
}

/// An error and its advice in one line.
pub(super) fn in_one_line(e: &Error) -> String {
    e.to_string().lines().map(str::trim).collect::<Vec<_>>().join("; ")
}
