import Callers
import HTTPTypes
import HummingbirdCore
import JSON
import NIOCore

/// The connection ended while its request was being read: there is no client left to answer.
struct ConnectionLost: Error {
    /// What reading failed with; nil if the request seemed to end before its end.
    let cause: (any Error)?
}

/// Reads a request's body within a bound.
struct RequestBodyReader {
    let maxBytes: Int

    /// The body as JSON object. The content type is not looked at: clients in the field omit it.
    func object(_ request: Request, _ context: WebRequestContext) async throws -> JSONObject {
        guard let object = try await optionalObject(request, context) else { throw APIError.invalidJSON }
        return object
    }

    /// The body as JSON object, nil when there is no body.
    func optionalObject(_ request: Request, _ context: WebRequestContext) async throws -> JSONObject? {
        let body = try await bytes(request, context)
        guard body.readableBytes > 0 else { return nil }
        guard let object = body.withUnsafeReadableBytes({ JSONObject($0) }) else {
            throw APIError.invalidJSON
        }
        return object
    }

    private func bytes(_ request: Request, _ context: WebRequestContext) async throws -> ByteBuffer {
        // A length that is no `Int` is more than any bound.
        if let length = request.headers[.contentLength], Int(length) ?? .max > maxBytes {
            throw APIError.tooLarge(limit: maxBytes)
        }
        context.isBodyTouched.set()
        do {
            var collected = ByteBuffer()
            var total = 0
            for try await part in request.body {
                total += part.readableBytes
                guard total <= maxBytes else { throw APIError.tooLarge(limit: maxBytes) }
                collected.writeImmutableBuffer(part)
            }
            // The connection may have ended before the request did.
            if let declared = request.headers[.contentLength], Int(declared) != collected.readableBytes {
                throw ConnectionLost(cause: nil)
            }
            return collected
        } catch let error as APIError {
            throw error
        } catch let error as ConnectionLost {
            throw error
        } catch {
            throw ConnectionLost(cause: error)
        }
    }
}
