//! The certificate authority of this machine, made on first start, and the server's certificate below it, made
//! anew at every start and again a month before it ends. So nobody who trusts the authority has to do so twice.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use pal_rules::time::{Day, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::{Shown, TlsProblem, config, content, provider};
use crate::identity::{certificate_end, sha256};
use crate::private_file;

const CA_NAME: &str = "pal local authority";
const CA_DAYS: i64 = 3_650;
const SERVER_DAYS: i64 = 365;
/// How long before its end a certificate is made anew.
const RENEWED_DAYS: i64 = 30;
/// The names that a server on this machine always has.
const OWN_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Certificates in a folder.
#[derive(Debug)]
pub struct LocalCertificates {
    folder: PathBuf,
    names: Vec<String>,
    shown: Arc<Shown>,
    renew_at: AtomicI64,
}

impl LocalCertificates {
    /// Opens the folder, which must exist; makes the authority if there is none or it is about to end, and a
    /// certificate for this machine and the names given (host names or addresses).
    ///
    /// # Errors
    /// A file cannot be read or written, or a name cannot stand in a certificate.
    pub fn open(folder: &Path, names: &[String], now: Timestamp) -> Result<LocalCertificates, TlsProblem> {
        let mut all: Vec<String> = OWN_NAMES.map(str::to_owned).to_vec();
        all.extend(names.iter().filter(|name| !OWN_NAMES.contains(&name.as_str())).cloned());
        let (certified, ends) = make(folder, &all, now)?;
        Ok(LocalCertificates {
            folder: folder.to_owned(),
            names: all,
            shown: Arc::new(Shown::new(certified)),
            renew_at: AtomicI64::new(before(ends)),
        })
    }

    /// The file that clients must trust.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The configuration to serve with.
    ///
    /// # Errors
    /// rustls refuses it, which would be a fault of this program.
    pub fn server_config(&self) -> Result<ServerConfig, TlsProblem> {
        config(Arc::clone(&self.shown))
    }

    /// Makes the certificate anew if it ends within a month; to be called now and then. Connections that are open
    /// keep the old one.
    ///
    /// # Errors
    /// As `open`; the old certificate stays.
    pub fn renew(&self, now: Timestamp) -> Result<bool, TlsProblem> {
        if now.micros() < self.renew_at.load(Ordering::Acquire) {
            return Ok(false);
        }
        let (certified, ends) = make(&self.folder, &self.names, now)?;
        self.renew_at.store(before(ends), Ordering::Release);
        self.shown.change(certified);
        Ok(true)
    }
}

fn before(ends: Day) -> i64 {
    Day::from_days(days(ends) - RENEWED_DAYS).start().micros()
}

/// The authority's certificate and key, read or made.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// Makes a certificate for `names`; answers the day it ends as well.
fn make(folder: &Path, names: &[String], now: Timestamp) -> Result<(CertifiedKey, Day), TlsProblem> {
    let authority = authority(folder, now)?;
    let failed = |source| TlsProblem::Certificate { name: names.join(", "), source };
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let (params, ends) = server_params(names, now).map_err(failed)?;
    let certificate = params.signed_by(&key, &authority.issuer).map_err(failed)?;
    let chain = format!("{}{}", certificate.pem(), authority.pem);
    let (key_path, path) = (folder.join("server.key"), folder.join("server.pem"));
    private_file::replace(&key_path, key.serialize_pem().as_bytes()).map_err(file(&key_path))?;
    private_file::publish(&path, chain.as_bytes()).map_err(file(&path))?;
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|_| content(&folder.join("ca.pem"), "is not PEM"))?;
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(TlsProblem::Rustls)?;
    Ok((certified, ends))
}

/// The authority of the folder. A new one is made when there is none, or when it would end before the certificates
/// that it is to sign.
fn authority(folder: &Path, now: Timestamp) -> Result<Authority, TlsProblem> {
    let (key_path, path) = (folder.join("ca.key"), folder.join("ca.pem"));
    let failed = |source| TlsProblem::Certificate { name: CA_NAME.to_owned(), source };
    let key = match private_file::read(&key_path) {
        Ok(pem) => String::from_utf8(pem).ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?.serialize_pem();
            private_file::create(&key_path, key.as_bytes()).map_err(file(&key_path))?;
            String::from_utf8(private_file::read(&key_path).map_err(file(&key_path))?).ok()
        }
        Err(error) => return Err(file(&key_path)(error)),
    };
    let key = key.and_then(|pem| KeyPair::from_pem(&pem).ok());
    let key = key.ok_or_else(|| content(&key_path, "holds no private key in PEM"))?;
    let pem = match std::fs::read_to_string(&path) {
        Ok(pem) if lasts(&pem, now) => pem,
        Ok(_) => made(&path, &key, now)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => made(&path, &key, now)?,
        Err(error) => return Err(file(&path)(error)),
    };
    // The name and the key are all that the issuer's certificate gives to those below it.
    Ok(Authority { pem, issuer: Issuer::new(ca_params(&key, now), key) })
}

fn made(path: &Path, key: &KeyPair, now: Timestamp) -> Result<String, TlsProblem> {
    let failed = |source| TlsProblem::Certificate { name: CA_NAME.to_owned(), source };
    let pem = ca_params(key, now).self_signed(key).map_err(failed)?.pem();
    private_file::publish(path, pem.as_bytes()).map_err(file(path))?;
    Ok(pem)
}

/// Whether the authority outlasts a certificate that it signs now.
fn lasts(pem: &str, now: Timestamp) -> bool {
    let end = CertificateDer::from_pem_slice(pem.as_bytes()).ok().and_then(|der| certificate_end(&der));
    end.is_some_and(|end| days(end.day()) >= days(now.day()) + SERVER_DAYS)
}

fn file(path: &Path) -> impl Fn(io::Error) -> TlsProblem {
    let path = path.to_owned();
    move |source| TlsProblem::File { path: path.clone(), source }
}

/// The authority's certificate. Its name has a part of its key, so that two of them are never mixed up.
fn ca_params(key: &KeyPair, now: Timestamp) -> CertificateParams {
    let [a, b, c, d, ..] = sha256(key.public_key_raw());
    let part = u32::from_be_bytes([a, b, c, d]);
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("{CA_NAME} {part:08x}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    validity(&mut params, now, CA_DAYS);
    params
}

fn server_params(names: &[String], now: Timestamp) -> Result<(CertificateParams, Day), rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "pal");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.is_ca = IsCa::ExplicitNoCa;
    let ends = validity(&mut params, now, SERVER_DAYS);
    Ok((params, ends))
}

/// From yesterday, for clocks that are behind.
fn validity(params: &mut CertificateParams, now: Timestamp, length: i64) -> Day {
    let date = |day: Day| {
        let (year, month, day) = day.civil();
        let small = |number: i64| u8::try_from(number).unwrap_or(1);
        date_time_ymd(i32::try_from(year).unwrap_or(1970), small(month), small(day))
    };
    let ends = Day::from_days(days(now.day()) + length);
    params.not_before = date(Day::from_days(days(now.day()) - 1));
    params.not_after = date(ends);
    ends
}

fn days(day: Day) -> i64 {
    day.start().micros().div_euclid(86_400_000_000)
}
