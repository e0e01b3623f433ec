//! Generates identifiers, keys and tokens in AWS's formats.
//!
//! The format matters to the program under test: a secret key or session token with `/`, `+` and `=` must survive
//! quoting, and a varying length reveals fixed-size buffers. Randomness is SHA-256 over a counter, seeded by the
//! standard library's hasher, which is enough for tests and needs no dependency.

use sha2::{Digest, Sha256};
use std::hash::{BuildHasher, RandomState};

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub struct Mint {
    seed: [u64; 4],
    drawn: u64,
}

impl Mint {
    pub fn new() -> Mint {
        Mint { seed: std::array::from_fn(|word| RandomState::new().hash_one(word)), drawn: 0 }
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 32);
        while bytes.len() < count {
            self.drawn += 1;
            let mut block = Sha256::new();
            for word in self.seed {
                block.update(word.to_be_bytes());
            }
            block.update(self.drawn.to_be_bytes());
            bytes.extend_from_slice(&block.finalize());
        }
        bytes.truncate(count);
        bytes
    }

    /// `AKIA…`, `ASIA…`, `AIDA…` or `AROA…`, by prefix.
    pub fn identifier(&mut self, prefix: &str) -> String {
        let tail = self.bytes(16).into_iter().map(|byte| char::from(BASE32[usize::from(byte % 32)]));
        prefix.chars().chain(tail).collect()
    }

    /// Forty characters, always including `/` and `+`.
    pub fn secret_access_key(&mut self) -> String {
        loop {
            let secret = base64(&self.bytes(30));
            if secret.contains('/') && secret.contains('+') {
                return secret;
            }
        }
    }

    /// About 400 to 1000 characters of base64, always including `/`, `+` and a trailing `=`, with AWS's prefix.
    pub fn session_token(&mut self) -> String {
        // 302 plus any multiple of 3 leaves one `=`.
        let length = 302 + 3 * (self.bytes(1)[0] as usize % 145);
        loop {
            let mut bytes = b"!\n\torigin_ec".to_vec();
            bytes.extend(self.bytes(length - bytes.len()));
            let token = base64(&bytes);
            if token.contains('/') && token.contains('+') {
                return token;
            }
        }
    }

    pub fn request_id(&mut self) -> String {
        let hex = hex(&self.bytes(16));
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = (bits >> (18 - 6 * place) & 63) as usize;
            text.push(if place <= group.len() { char::from(BASE64[digit]) } else { '=' });
        }
    }
    text
}
