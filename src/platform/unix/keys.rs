//! Keys that a terminal sends as control sequences, because a program has left a newer keyboard protocol on: that of kitty
//! (<https://sw.kovidgoyal.net/kitty/keyboard-protocol/>), or modifyOtherKeys of xterm; or because the keypad is in
//! application mode (xterm control sequences, "VT220-Style Function Keys").

/// A key that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Text(char),
    /// With Ctrl: the control character that it sends otherwise.
    Control(u8),
    Enter,
    Backspace,
    /// A key that types nothing, or one that was released.
    Nothing,
}

/// The bits of the modifiers; their parameter is one more. The others are the locks, which change no key here.
const SHIFT: u32 = 1;
const CONTROL: u32 = 4;
/// Alt, Super, Hyper and Meta.
const OTHERS: u32 = 2 | 8 | 16 | 32;

/// The event of a key that was released.
const RELEASED: u32 = 3;

/// Keys without a character have codes from the private use area of Unicode.
const FIRST_FUNCTIONAL: u32 = 57_344;
const LAST_FUNCTIONAL: u32 = 63_743;
const KEYPAD_0: u32 = 57_399;
const KEYPAD_9: u32 = 57_408;
const KEYPAD_ENTER: u32 = 57_414;

/// The key of `ESC O` and this byte. `None` if it is another one than those of a number.
pub(super) fn of_keypad(byte: u8) -> Option<Key> {
    match byte {
        b'p'..=b'y' => Some(Key::Text(char::from(byte - b'p' + b'0'))),
        // Its Enter: the kernel does not deliver it without a newline, which then ends the line.
        b'M' => Some(Key::Nothing),
        _ => None,
    }
}

/// The key of `ESC [`, these parameters and this last byte. `None` if the sequence is not of these protocols.
pub(super) fn of_sequence(parameters: &[u8], last: u8) -> Option<Key> {
    let mut all = [[None; 3]; 3];
    for (at, parameter) in std::str::from_utf8(parameters).ok()?.split(';').enumerate() {
        *all.get_mut(at)? = numbers(parameter)?;
    }
    match (last, all) {
        (b'u', [[Some(_), ..], [_, Some(RELEASED), _], _]) => Some(Key::Nothing),
        (b'u', [[Some(code), shifted, of_latin_layout], [modifiers, ..], [text, more_text, _]]) => {
            let modifiers = bits(modifiers);
            let code = of_latin_layout.filter(|_| modifiers & CONTROL != 0).unwrap_or(code);
            // Several characters are none of a code.
            let text = if more_text.is_some() { Some(char::REPLACEMENT_CHARACTER.into()) } else { text };
            Some(key(code, modifiers, text.or(shifted.filter(|_| modifiers & SHIFT != 0))))
        }
        // Here, the code is that of the character that Shift makes.
        (b'~', [[Some(27), ..], [modifiers, ..], [Some(code), ..]]) => Some(key(code, bits(modifiers), Some(code))),
        _ => None,
    }
}

/// The key with this code, which types this text if it is known.
fn key(code: u32, modifiers: u32, text: Option<u32>) -> Key {
    let character = |code: u32| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    let has_other = modifiers & OTHERS != 0;
    match (code, text) {
        (13 | KEYPAD_ENTER, _) => Key::Enter,
        (8 | 127, _) => Key::Backspace,
        (KEYPAD_0..=KEYPAD_9, _) => Key::Text(character(u32::from(b'0') + code - KEYPAD_0)),
        (FIRST_FUNCTIONAL..=LAST_FUNCTIONAL, _) => Key::Nothing,
        (0x40..=0x7e, _) if modifiers & CONTROL != 0 && !has_other => Key::Control(code.to_le_bytes()[0] & 0x1f),
        (_, Some(text)) if modifiers & CONTROL == 0 || has_other => Key::Text(character(text)),
        _ if modifiers & CONTROL != 0 || has_other => Key::Nothing,
        // What Shift makes of a digit depends on the layout.
        (0x30..=0x39, _) if modifiers & SHIFT != 0 => Key::Text(char::REPLACEMENT_CHARACTER),
        _ => Key::Text(character(code)),
    }
}

fn bits(modifiers: Option<u32>) -> u32 {
    modifiers.unwrap_or_default().saturating_sub(1)
}

/// The numbers of a parameter, of which there are three at most; `None` within for one that is left out.
fn numbers(parameter: &str) -> Option<[Option<u32>; 3]> {
    let mut numbers = [None; 3];
    for (at, text) in parameter.split(':').enumerate().filter(|(_, text)| !text.is_empty()) {
        *numbers.get_mut(at)? = Some(text.parse().ok()?);
    }
    Some(numbers)
}
