package import WebAPI
package import WebServer

extension WebServerConfiguration {
    /// The web server's configuration as the operator set it.
    package init(_ values: SettingValues) {
        self = values.web
    }
}

extension WebAPIConfiguration {
    /// What the routes are told, as the operator set it.
    package init(_ values: SettingValues) {
        self = values.api
        allowedOrigins = values.web.allowedOrigins
        adminToken = values.adminToken.flatMap(AdminToken.init)
    }
}
