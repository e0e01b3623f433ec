//! The result of a call, read from its XML.

use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};
use zeroize::Zeroizing;

/// Elements that only contain others. A result is `OPERATIONResult`.
const CONTAINERS: [&str; 6] =
    ["MFADevices", "VirtualMFADevice", "AccessKey", "AccessKeyMetadata", "AccessKeyLastUsed", "User"];
/// One more than the results of these operations have.
const MAX_DEPTH: usize = 4;

/// Names and values of elements. A value may be a secret.
pub(super) type Fields = Vec<(String, Zeroizing<String>)>;

/// The elements of a result that contain text, and the same for each `member` of its list.
#[derive(Default)]
pub(super) struct Answer {
    fields: Fields,
    pub members: Vec<Fields>,
}

impl Answer {
    /// The answer of an operation; `None` if this is something else, or not complete.
    pub(super) fn parse(xml: &[u8], operation: &str) -> Option<Self> {
        let text = std::str::from_utf8(xml).ok()?;
        let mut document = Document::new(text);
        let mut root = document.root_element().ok()?;
        if root.start_el().local().strip_suffix("Response") != Some(operation) {
            return None;
        }
        let mut answer = Answer::default();
        answer.collect(&mut root, operation, None, MAX_DEPTH)?;
        // The closing tag of the root element was there.
        text.trim_end().ends_with(&format!("</{operation}Response>")).then_some(answer)
    }

    /// The text of an element that is not part of a list.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        text(&self.fields, name)
    }

    /// Adds the elements of this one: to the member with this index, or else to the fields.
    fn collect(
        &mut self,
        element: &mut ScopedDecoder<'_, '_>,
        operation: &str,
        member: Option<usize>,
        depth: usize,
    ) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        while let Some(mut child) = element.next_tag() {
            let name = child.start_el().local().to_owned();
            if name == "member" {
                self.members.push(Fields::new());
                let member = Some(self.members.len() - 1);
                self.collect(&mut child, operation, member, depth)?;
            } else if CONTAINERS.contains(&name.as_str()) || name.strip_suffix("Result") == Some(operation) {
                self.collect(&mut child, operation, member, depth)?;
            } else if name != "ResponseMetadata" {
                let value = Zeroizing::new(try_data(&mut child).ok()?.into_owned());
                match member {
                    Some(member) => self.members[member].push((name, value)),
                    None => self.fields.push((name, value)),
                }
            }
        }
        Some(())
    }
}

/// The text of an element.
pub(super) fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}
