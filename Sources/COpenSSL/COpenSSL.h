// OpenSSL 3 as Debian's libssl-dev has it, and functions for what it offers as macros only.
#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/// Only records of at least this version (TLS1_2_VERSION, TLS1_3_VERSION) are spoken; 1 on success.
static inline long openssl_context_set_minimum_version(SSL_CTX *context, int version) {
    return SSL_CTX_set_min_proto_version(context, version);
}

/// What a server of ours wants of every session: no renegotiation, no compression, the server's order of ciphers
/// (but ChaCha20 for a client that puts it first: it has no AES instructions), and an abrupt end read as an end.
static inline void openssl_context_set_server_options(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE
                                     | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
}

/// Buffers are given back while a session is idle, and a write that could not finish may be repeated from another
/// place in memory and with more bytes behind.
static inline void openssl_context_set_stream_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
                                  | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

/// Sessions are resumed by tickets alone: nothing is kept in the server.
static inline void openssl_context_disable_session_cache(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

/// The groups for the key exchange, by name, best first; 1 on success.
static inline long openssl_context_set_groups(SSL_CTX *context, const char *names) {
    return SSL_CTX_set1_groups_list(context, names);
}

/// After a read that found nothing: not an end, try again later.
static inline void openssl_bio_retry_read(BIO *bio) {
    BIO_clear_retry_flags(bio);
    BIO_set_retry_read(bio);
}

/// After a write that found no room: not an error, try again later.
static inline void openssl_bio_retry_write(BIO *bio) {
    BIO_clear_retry_flags(bio);
    BIO_set_retry_write(bio);
}

/// After a read or write that did something.
static inline void openssl_bio_clear_retry(BIO *bio) {
    BIO_clear_retry_flags(bio);
}

/// The name that a client asks a server for (SNI); 1 on success.
static inline long openssl_session_set_server_name(SSL *session, const char *name) {
    return SSL_set_tlsext_host_name(session, name);
}

/// 1 if an error number stands for an errno, which `ERR_GET_REASON` gives then.
static inline int openssl_error_is_of_the_system(unsigned long error) {
    return ERR_SYSTEM_ERROR(error) ? 1 : 0;
}
