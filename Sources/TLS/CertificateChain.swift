import COpenSSL
import Glibc

/// What there is to know of one certificate.
package struct CertificateFacts: Equatable, Sendable {
    /// The common name it was given to, or else the whole name.
    package let subject: String
    /// Who signed it, likewise.
    package let issuer: String
    /// Seconds since 1970.
    package let notBefore: Int64
    /// Seconds since 1970.
    package let notAfter: Int64
    /// Signed by itself: no other certificate vouches for it.
    package let isSelfSigned: Bool
    /// SHA-256 of the certificate, by which it is known again.
    package let sha256: [UInt8]

    package init(
        subject: String, issuer: String, notBefore: Int64, notAfter: Int64, isSelfSigned: Bool,
        sha256: [UInt8]
    ) {
        self.subject = subject
        self.issuer = issuer
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.isSelfSigned = isSelfSigned
        self.sha256 = sha256
    }
}

/// The certificates of a PEM file, and what a client would make of them. For people, not for decisions about sessions.
package struct CertificateChain: Equatable, Sendable {
    /// Whether clients that know the same authorities as this machine accept it; times are not looked at.
    package enum Trust: Equatable, Sendable {
        case trusted
        /// In OpenSSL's words.
        case refused(String)
        /// This machine knows no authorities at all.
        case unknown
    }

    /// Certificates of a file that are looked at.
    private static let maxCertificates = 16

    /// The server's own, then those behind it; never empty.
    package let certificates: [CertificateFacts]
    /// What the first one is for, as `DNS:example.org`.
    package let names: String
    /// Those of the hosts asked about that the first one is for.
    package let coveredHosts: Set<String>
    /// Whether each is signed by the one behind it.
    package let isInOrder: Bool
    package let trust: Trust

    package init(
        certificates: [CertificateFacts], names: String, coveredHosts: Set<String>, isInOrder: Bool,
        trust: Trust
    ) {
        self.certificates = certificates
        self.names = names
        self.coveredHosts = coveredHosts
        self.isInOrder = isInOrder
        self.trust = trust
    }

    /// Reads a PEM file; nil if there is no certificate in it.
    ///
    /// - Parameter hosts: names and addresses that the certificate ought to be for.
    package init?(file: String, hosts: [String]) {
        ERR_clear_error()
        defer { ERR_clear_error() }
        let pointers = Self.read(file)
        defer { pointers.forEach(X509_free) }
        guard let leaf = pointers.first else { return nil }
        certificates = pointers.map(CertificateFacts.init)
        names = Self.alternativeNames(of: leaf)
        coveredHosts = Set(
            hosts.filter { X509_check_ip_asc(leaf, $0, 0) == 1 || X509_check_host(leaf, $0, 0, 0, nil) == 1 })
        isInOrder = zip(pointers, pointers.dropFirst()).allSatisfy { X509_check_issued($1, $0) == X509_V_OK }
        trust = Self.trust(in: pointers)
    }

    private static func read(_ file: String) -> [OpaquePointer] {
        guard let bio = BIO_new_file(file, "r") else { return [] }
        defer { BIO_free(bio) }
        var found: [OpaquePointer] = []
        while found.count < maxCertificates, let next = PEM_read_bio_X509(bio, nil, nil, nil) {
            found.append(next)
        }
        return found
    }

    private static func alternativeNames(of certificate: OpaquePointer) -> String {
        let index = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1)
        guard index >= 0, let part = X509_get_ext(certificate, index), let bio = BIO_new(BIO_s_mem()) else {
            return ""
        }
        defer { BIO_free(bio) }
        guard X509V3_EXT_print(bio, part, 0, 0) == 1 else { return "" }
        var text = [UInt8](repeating: 0, count: 4_096)
        let count = BIO_read(bio, &text, Int32(text.count))
        return String(decoding: text.prefix(Int(max(0, count))), as: UTF8.self)
    }

    /// Builds the way from the first certificate to an authority of this machine, as a client does.
    private static func trust(in chain: [OpaquePointer]) -> Trust {
        guard let store = X509_STORE_new(), let context = X509_STORE_CTX_new(),
            let others = OPENSSL_sk_new_null()
        else { return .unknown }
        defer {
            X509_STORE_CTX_free(context)
            OPENSSL_sk_free(others)
            X509_STORE_free(store)
        }
        guard addAuthorities(to: store) else { return .unknown }
        for certificate in chain.dropFirst() { OPENSSL_sk_push(others, UnsafeRawPointer(certificate)) }
        guard X509_STORE_CTX_init(context, store, chain.first, others) == 1 else { return .unknown }
        X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER)
        X509_STORE_CTX_set_flags(context, UInt(X509_V_FLAG_NO_CHECK_TIME))
        if X509_verify_cert(context) == 1 { return .trusted }
        let code = X509_STORE_CTX_get_error(context)
        return .refused(
            X509_verify_cert_error_string(Int(code)).map { String(cString: $0) } ?? "error \(code)")
    }

    /// OpenSSL's own places (SSL_CERT_FILE, SSL_CERT_DIR), and Debian's for a library that was built elsewhere.
    ///
    /// - Returns: false if there is nothing in any of them.
    private static func addAuthorities(to store: OpaquePointer) -> Bool {
        let bundle = "/etc/ssl/certs/ca-certificates.crt"
        let given = (["SSL_CERT_FILE", "SSL_CERT_DIR"] as [String]).compactMap { name in
            getenv(name).map { String(cString: $0) }
        }
        let places = given.isEmpty ? [bundle, String(cString: X509_get_default_cert_file())] : given
        X509_STORE_set_default_paths(store)
        if given.isEmpty { X509_STORE_load_locations(store, bundle, nil) }
        return places.contains { access($0, R_OK) == 0 }
    }
}

extension CertificateFacts {
    fileprivate init(_ certificate: OpaquePointer) {
        subject = Self.name(X509_get_subject_name(certificate))
        issuer = Self.name(X509_get_issuer_name(certificate))
        notBefore = Self.seconds(X509_get0_notBefore(certificate))
        notAfter = Self.seconds(X509_get0_notAfter(certificate))
        isSelfSigned = X509_check_issued(certificate, certificate) == X509_V_OK
        sha256 = Self.sha256(of: certificate)
    }

    /// SHA-256 of a certificate in DER.
    static func sha256(of certificate: OpaquePointer) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var count = UInt32(digest.count)
        X509_digest(certificate, EVP_sha256(), &digest, &count)
        return digest
    }

    private static func name(_ name: OpaquePointer?) -> String {
        guard let name else { return "" }
        var text = [CChar](repeating: 0, count: 256)
        if X509_NAME_get_text_by_NID(name, NID_commonName, &text, Int32(text.count)) <= 0 {
            X509_NAME_oneline(name, &text, Int32(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return 0 }
        return Int64(timegm(&parts))
    }
}
