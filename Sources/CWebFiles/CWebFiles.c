#include "CWebFiles.h"

// One line a file for its content, and one for its place in the table.
static const unsigned char check_check_css[] = {
#embed "../../web/check/check.css"
};
static const unsigned char check_check_js[] = {
#embed "../../web/check/check.js"
};
static const unsigned char check_index_html[] = {
#embed "../../web/check/index.html"
};
static const unsigned char check_probes_js[] = {
#embed "../../web/check/probes.js"
};
static const unsigned char check_verdicts_js[] = {
#embed "../../web/check/verdicts.js"
};
static const unsigned char client_address_js[] = {
#embed "../../web/client/address.js"
};
static const unsigned char client_candidates_js[] = {
#embed "../../web/client/candidates.js"
};
static const unsigned char client_code_js[] = {
#embed "../../web/client/code.js"
};
static const unsigned char client_connection_js[] = {
#embed "../../web/client/connection.js"
};
static const unsigned char client_description_js[] = {
#embed "../../web/client/description.js"
};
static const unsigned char client_errors_js[] = {
#embed "../../web/client/errors.js"
};
static const unsigned char client_events_js[] = {
#embed "../../web/client/events.js"
};
static const unsigned char client_limits_js[] = {
#embed "../../web/client/limits.js"
};
static const unsigned char client_network_js[] = {
#embed "../../web/client/network.js"
};
static const unsigned char client_outbox_js[] = {
#embed "../../web/client/outbox.js"
};
static const unsigned char client_outgoing_js[] = {
#embed "../../web/client/outgoing.js"
};
static const unsigned char client_pairing_js[] = {
#embed "../../web/client/pairing.js"
};
static const unsigned char client_path_js[] = {
#embed "../../web/client/path.js"
};
static const unsigned char client_peer_js[] = {
#embed "../../web/client/peer.js"
};
static const unsigned char client_postponed_js[] = {
#embed "../../web/client/postponed.js"
};
static const unsigned char client_renewal_js[] = {
#embed "../../web/client/renewal.js"
};
static const unsigned char client_repairs_js[] = {
#embed "../../web/client/repairs.js"
};
static const unsigned char client_signaling_js[] = {
#embed "../../web/client/signaling.js"
};
static const unsigned char client_switchboard_js[] = {
#embed "../../web/client/switchboard.js"
};
static const unsigned char client_timing_js[] = {
#embed "../../web/client/timing.js"
};
static const unsigned char common_base_css[] = {
#embed "../../web/common/base.css"
};
static const unsigned char common_front_css[] = {
#embed "../../web/common/front.css"
};
static const unsigned char common_icon_svg[] = {
#embed "../../web/common/icon.svg"
};
static const unsigned char common_page_js[] = {
#embed "../../web/common/page.js"
};
static const unsigned char common_qr_js[] = {
#embed "../../web/common/qr.js"
};
static const unsigned char demo_arrival_js[] = {
#embed "../../web/demo/arrival.js"
};
static const unsigned char demo_call_css[] = {
#embed "../../web/demo/call.css"
};
static const unsigned char demo_call_js[] = {
#embed "../../web/demo/call.js"
};
static const unsigned char demo_chat_js[] = {
#embed "../../web/demo/chat.js"
};
static const unsigned char demo_demo_css[] = {
#embed "../../web/demo/demo.css"
};
static const unsigned char demo_demo_js[] = {
#embed "../../web/demo/demo.js"
};
static const unsigned char demo_filename_js[] = {
#embed "../../web/demo/filename.js"
};
static const unsigned char demo_filerow_js[] = {
#embed "../../web/demo/filerow.js"
};
static const unsigned char demo_files_js[] = {
#embed "../../web/demo/files.js"
};
static const unsigned char demo_gathering_js[] = {
#embed "../../web/demo/gathering.js"
};
static const unsigned char demo_index_html[] = {
#embed "../../web/demo/index.html"
};
static const unsigned char demo_invitation_js[] = {
#embed "../../web/demo/invitation.js"
};
static const unsigned char demo_link_js[] = {
#embed "../../web/demo/link.js"
};
static const unsigned char demo_media_js[] = {
#embed "../../web/demo/media.js"
};
static const unsigned char demo_permissions_js[] = {
#embed "../../web/demo/permissions.js"
};
static const unsigned char demo_quality_js[] = {
#embed "../../web/demo/quality.js"
};
static const unsigned char demo_question_js[] = {
#embed "../../web/demo/question.js"
};
static const unsigned char demo_views_js[] = {
#embed "../../web/demo/views.js"
};
static const unsigned char demo_words_js[] = {
#embed "../../web/demo/words.js"
};
static const unsigned char index_html[] = {
#embed "../../web/index.html"
};

#define ENTRY(path, name) {path, name, sizeof(name)}

static const struct web_file files[] = {
    ENTRY("check/check.css", check_check_css),
    ENTRY("check/check.js", check_check_js),
    ENTRY("check/index.html", check_index_html),
    ENTRY("check/probes.js", check_probes_js),
    ENTRY("check/verdicts.js", check_verdicts_js),
    ENTRY("client/address.js", client_address_js),
    ENTRY("client/candidates.js", client_candidates_js),
    ENTRY("client/code.js", client_code_js),
    ENTRY("client/connection.js", client_connection_js),
    ENTRY("client/description.js", client_description_js),
    ENTRY("client/errors.js", client_errors_js),
    ENTRY("client/events.js", client_events_js),
    ENTRY("client/limits.js", client_limits_js),
    ENTRY("client/network.js", client_network_js),
    ENTRY("client/outbox.js", client_outbox_js),
    ENTRY("client/outgoing.js", client_outgoing_js),
    ENTRY("client/pairing.js", client_pairing_js),
    ENTRY("client/path.js", client_path_js),
    ENTRY("client/peer.js", client_peer_js),
    ENTRY("client/postponed.js", client_postponed_js),
    ENTRY("client/renewal.js", client_renewal_js),
    ENTRY("client/repairs.js", client_repairs_js),
    ENTRY("client/signaling.js", client_signaling_js),
    ENTRY("client/switchboard.js", client_switchboard_js),
    ENTRY("client/timing.js", client_timing_js),
    ENTRY("common/base.css", common_base_css),
    ENTRY("common/front.css", common_front_css),
    ENTRY("common/icon.svg", common_icon_svg),
    ENTRY("common/page.js", common_page_js),
    ENTRY("common/qr.js", common_qr_js),
    ENTRY("demo/arrival.js", demo_arrival_js),
    ENTRY("demo/call.css", demo_call_css),
    ENTRY("demo/call.js", demo_call_js),
    ENTRY("demo/chat.js", demo_chat_js),
    ENTRY("demo/demo.css", demo_demo_css),
    ENTRY("demo/demo.js", demo_demo_js),
    ENTRY("demo/filename.js", demo_filename_js),
    ENTRY("demo/filerow.js", demo_filerow_js),
    ENTRY("demo/files.js", demo_files_js),
    ENTRY("demo/gathering.js", demo_gathering_js),
    ENTRY("demo/index.html", demo_index_html),
    ENTRY("demo/invitation.js", demo_invitation_js),
    ENTRY("demo/link.js", demo_link_js),
    ENTRY("demo/media.js", demo_media_js),
    ENTRY("demo/permissions.js", demo_permissions_js),
    ENTRY("demo/quality.js", demo_quality_js),
    ENTRY("demo/question.js", demo_question_js),
    ENTRY("demo/views.js", demo_views_js),
    ENTRY("demo/words.js", demo_words_js),
    ENTRY("index.html", index_html),
};

const struct web_file *web_file_at(size_t place) { return &files[place]; }

size_t web_file_count(void) { return sizeof(files) / sizeof(files[0]); }
