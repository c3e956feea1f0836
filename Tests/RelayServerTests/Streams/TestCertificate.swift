import COpenSSL
import Glibc

/// A self-signed certificate and its key as PEM files in a folder of their own, which goes with the value.
final class TestCertificate {
    let folder: String
    var certificateFile: String { folder + "/cert.pem" }
    var privateKeyFile: String { folder + "/key.pem" }

    /// A fresh key on P-256 and a certificate for `name`.
    init(name: String = "relay.test") throws {
        var template = Array("/tmp/relay-certificate-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure("mkdtemp") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try write(name: name)
    }

    deinit {
        unlink(certificateFile)
        unlink(privateKeyFile)
        rmdir(folder)
    }

    /// Replaces both files by a new pair.
    func write(name: String) throws {
        let key = try Self.makeKey()
        defer { EVP_PKEY_free(key) }
        try Self.writeFile(privateKeyFile) { PEM_write_PrivateKey($0, key, nil, nil, 0, nil, nil) == 1 }
        let certificate = try Self.makeCertificate(name: name, key: key)
        defer { X509_free(certificate) }
        try Self.writeFile(certificateFile) { PEM_write_X509($0, certificate) == 1 }
    }

    /// Replaces the key alone, so that it does not belong to the certificate any more.
    func writeForeignKey() throws {
        let key = try Self.makeKey()
        defer { EVP_PKEY_free(key) }
        try Self.writeFile(privateKeyFile) { PEM_write_PrivateKey($0, key, nil, nil, 0, nil, nil) == 1 }
    }

    private static func makeKey() throws -> OpaquePointer {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else { throw TestFailure("EC") }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_group_name(context, "P-256") == 1,
            EVP_PKEY_generate(context, &key) == 1, let key
        else { throw TestFailure("key") }
        return key
    }

    private static func makeCertificate(name: String, key: OpaquePointer) throws -> OpaquePointer {
        guard let certificate = X509_new() else { throw TestFailure("X509_new") }
        let subject = X509_get_subject_name(certificate)
        guard X509_set_version(certificate, 2) == 1,
            ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate), Int64.random(in: 1...(1 << 40))) == 1,
            X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nil,
            X509_gmtime_adj(X509_getm_notAfter(certificate), 86_400) != nil,
            X509_set_pubkey(certificate, key) == 1,
            X509_NAME_add_entry_by_txt(subject, "CN", 0x1001, name, -1, -1, 0) == 1,
            X509_set_issuer_name(certificate, subject) == 1,
            X509_sign(certificate, key, EVP_sha256()) > 0
        else {
            X509_free(certificate)
            throw TestFailure("certificate")
        }
        return certificate
    }

    private static func writeFile(_ path: String, _ body: (UnsafeMutablePointer<FILE>) -> Bool) throws {
        guard let file = fopen(path, "w") else { throw TestFailure(path) }
        defer { fclose(file) }
        guard body(file) else { throw TestFailure(path) }
    }
}

/// A step of a test's own preparation that did not work.
struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ what: String) { description = "\(what): \(String(cString: strerror(errno)))" }
}
