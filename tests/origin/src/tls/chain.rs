//! The certificate chains of the cases, made when they are served.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, Issuer, KeyPair, NameConstraints, PublicKeyData,
    SanType, SigningKey, date_time_ymd,
};
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;

use super::case::Kind;
use super::weak_rsa::WeakRsaKey;
use crate::authority::{Authority, authority_params, private_key, server_params};

/// A 2048-bit RSA key for tests alone: making one takes long, and ring cannot.
const RSA_2048: &[u8] = include_bytes!("../../keys/rsa-2048.pkcs8.der");

const LOCALHOST: &str = "localhost";

/// The chain and key that a case's server shows.
pub(super) fn certified_key(kind: Kind, authority: &Authority) -> io::Result<CertifiedKey> {
    let root = &authority.issuer;
    match kind {
        Kind::Named(name) => issued(server_params(&[name])?, root, &[]),
        Kind::Rsa2048 => rsa_2048(root),
        Kind::Rsa1024 => rsa_1024(root),
        Kind::Valid { from, to } => {
            let mut params = server_params(&[LOCALHOST])?;
            params.not_before = date_time_ymd(from, 1, 1);
            params.not_after = date_time_ymd(to, 1, 1);
            issued(params, root, &[])
        }
        Kind::SelfSigned => self_signed(),
        Kind::UntrustedRoot => {
            let other = Authority::new("an authority that nobody trusts")?;
            issued(server_params(&[LOCALHOST])?, &other.issuer, &[])
        }
        Kind::MissingIntermediate => {
            let intermediate = intermediate(root, |_| {})?;
            issued(server_params(&[LOCALHOST])?, &intermediate, &[])
        }
        Kind::AddressAsDnsName => {
            let address = IpAddr::from(Ipv4Addr::LOCALHOST).to_string();
            issued(with_dns_name(&address)?, root, &[])
        }
        Kind::CommonNameOnly => {
            let mut params = server_params(&[])?;
            params
                .distinguished_name
                .push(DnType::CommonName, LOCALHOST);
            issued(params, root, &[])
        }
        Kind::ClientUsageOnly => {
            let mut params = server_params(&[LOCALHOST])?;
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            issued(params, root, &[])
        }
        Kind::LeafAsAuthority => leaf_as_authority(root),
        Kind::NameConstraint => {
            let permitted = GeneralSubtree::DnsName("allowed.test".into());
            let intermediate = intermediate(root, |params| {
                params.name_constraints = Some(NameConstraints {
                    permitted_subtrees: vec![permitted],
                    excluded_subtrees: Vec::new(),
                });
            })?;
            issued(
                server_params(&[LOCALHOST])?,
                &intermediate,
                &[intermediate.as_ref()],
            )
        }
        Kind::PathLength => path_length(root),
        Kind::NulInName => issued(with_dns_name("localhost\0.other.test")?, root, &[]),
        Kind::Ancient { .. } | Kind::Tls12Only | Kind::Tls13Only | Kind::ClientCertificate => {
            issued(server_params(&[LOCALHOST])?, root, &[])
        }
    }
}

/// A leaf with a fresh P-256 key under `issuer`, shown with these intermediates.
fn issued(
    params: CertificateParams,
    issuer: &Issuer<'_, impl SigningKey>,
    intermediates: &[&Certificate],
) -> io::Result<CertifiedKey> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let leaf = signed(&params, &key, issuer)?;
    certified(&leaf, intermediates, private_key(&key))
}

fn rsa_2048(root: &Issuer<'_, impl SigningKey>) -> io::Result<CertifiedKey> {
    let der = PrivatePkcs8KeyDer::from(RSA_2048);
    let key = KeyPair::from_pkcs8_der_and_sign_algo(&der, &rcgen::PKCS_RSA_SHA256)
        .map_err(io::Error::other)?;
    let leaf = signed(&server_params(&[LOCALHOST])?, &key, root)?;
    certified(&leaf, &[], private_key(&key))
}

fn rsa_1024(root: &Issuer<'_, impl SigningKey>) -> io::Result<CertifiedKey> {
    let key = WeakRsaKey::new();
    let leaf = signed(&server_params(&[LOCALHOST])?, &key, root)?;
    Ok(CertifiedKey::new(vec![leaf.der().clone()], Arc::new(key)))
}

fn self_signed() -> io::Result<CertifiedKey> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let leaf = server_params(&[LOCALHOST])?
        .self_signed(&key)
        .map_err(io::Error::other)?;
    certified(&leaf, &[], private_key(&key))
}

/// A server's certificate takes the place of an intermediate authority.
fn leaf_as_authority(root: &Issuer<'_, impl SigningKey>) -> io::Result<CertifiedKey> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let server = CertifiedIssuer::signed_by(server_params(&["server.test"])?, key, root)
        .map_err(io::Error::other)?;
    issued(server_params(&[LOCALHOST])?, &server, &[server.as_ref()])
}

/// Root, an authority that may have no authority below it, one below it, leaf.
fn path_length(root: &Issuer<'_, impl SigningKey>) -> io::Result<CertifiedKey> {
    let params = authority_params("last authority allowed", BasicConstraints::Constrained(0));
    let last = authority_under(root, params)?;
    let params = authority_params("one authority too many", BasicConstraints::Unconstrained);
    let surplus = authority_under(&last, params)?;
    issued(
        server_params(&[LOCALHOST])?,
        &surplus,
        &[surplus.as_ref(), last.as_ref()],
    )
}

fn intermediate(
    root: &Issuer<'_, impl SigningKey>,
    change: impl FnOnce(&mut CertificateParams),
) -> io::Result<CertifiedIssuer<'static, KeyPair>> {
    let mut params = authority_params("intermediate authority", BasicConstraints::Constrained(0));
    change(&mut params);
    authority_under(root, params)
}

fn authority_under(
    issuer: &Issuer<'_, impl SigningKey>,
    mut params: CertificateParams,
) -> io::Result<CertifiedIssuer<'static, KeyPair>> {
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().map_err(io::Error::other)?;
    CertifiedIssuer::signed_by(params, key, issuer).map_err(io::Error::other)
}

/// A server's certificate with one DNS name, whatever it looks like.
fn with_dns_name(name: &str) -> io::Result<CertificateParams> {
    let mut params = server_params(&[])?;
    let name = Ia5String::try_from(name).map_err(io::Error::other)?;
    params.subject_alt_names = vec![SanType::DnsName(name)];
    Ok(params)
}

fn signed(
    params: &CertificateParams,
    key: &impl PublicKeyData,
    issuer: &Issuer<'_, impl SigningKey>,
) -> io::Result<Certificate> {
    params.signed_by(key, issuer).map_err(io::Error::other)
}

fn certified(
    leaf: &Certificate,
    intermediates: &[&Certificate],
    key: PrivateKeyDer<'static>,
) -> io::Result<CertifiedKey> {
    let chain = std::iter::once(leaf).chain(intermediates.iter().copied());
    let chain = chain.map(|certificate| certificate.der().clone()).collect();
    Ok(CertifiedKey::new(
        chain,
        any_supported_type(&key).map_err(io::Error::other)?,
    ))
}
