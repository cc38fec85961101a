// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/config/kubeconfig.h"

#include "core/base/text.h"
#include "core/base/translate.h"
#include "core/kube/config/serverurl.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace strata::kube {
namespace {

constexpr std::size_t kMaxFileBytes = 4U << 20U;
constexpr std::size_t kMaxReferencedBytes = 1U << 20U; // a certificate, a key, a token
constexpr int kMaxDepth = 32;
constexpr int kMaxNodes = 200'000;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("Kubeconfig", text), values);
}

// One field as the file has it. A value of the wrong shape is kept as a fault until somebody needs the entry:
// one broken user must not lock the others out.
using Field = std::optional<std::string>;

struct Entry {
    std::string name;
    std::string origin;
    std::string baseDirectory;
    std::string badField; // first field with a value of the wrong shape
};

struct ClusterEntry : Entry {
    Field server, caFile, caData, tlsServerName, proxyUrl;
    bool insecure = false;
};

struct UserEntry : Entry {
    Field certFile, certData, keyFile, keyData, token, tokenFile, username, password, as, asUid;
    std::vector<std::string> asGroups;
    std::map<std::string, std::vector<std::string>> asExtra;
    std::optional<ExecConfig> exec;
    Field execInteractive;
    bool authProvider = false;
};

struct ContextEntry : Entry {
    Field cluster, user, ns;
};

// Walks the parser's events without building anything, so that hostile input is refused before it is a tree.
class Guard : public YAML::EventHandler {
public:
    using Mark = YAML::Mark;
    using Anchor = YAML::anchor_t;

    void OnDocumentStart(const Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const Mark& mark, Anchor anchor) override { node(mark, anchor); }
    void OnAlias(const Mark& mark, Anchor) override { refuse(mark); }
    void OnScalar(const Mark& mark, const std::string&, Anchor anchor, const std::string&) override
    {
        node(mark, anchor);
    }
    void OnSequenceStart(const Mark& mark, const std::string&, Anchor anchor,
                         YAML::EmitterStyle::value) override
    {
        node(mark, anchor);
        enter();
    }
    void OnSequenceEnd() override { --m_depth; }
    void OnMapStart(const Mark& mark, const std::string&, Anchor anchor, YAML::EmitterStyle::value) override
    {
        node(mark, anchor);
        enter();
    }
    void OnMapEnd() override { --m_depth; }

private:
    [[noreturn]] static void refuse(const Mark& mark)
    {
        throw std::runtime_error(
            tr("Line %1 uses an anchor or alias (& or *).", {std::to_string(mark.line + 1)}));
    }
    void node(const Mark& mark, Anchor anchor)
    {
        if (anchor != 0)
            refuse(mark);
        if (++m_nodes > kMaxNodes)
            throw std::runtime_error(tr("It has more than %1 values.", {std::to_string(kMaxNodes)}));
    }
    void enter()
    {
        if (++m_depth > kMaxDepth)
            throw std::runtime_error(tr("It is nested deeper than %1 levels.", {std::to_string(kMaxDepth)}));
    }

    int m_depth = 0;
    int m_nodes = 0;
};

std::string shown(const std::string& text)
{
    return cleanText(text, 256);
}

tl::unexpected<Error> fileFault(const std::string& origin, std::string detail)
{
    return fail(ErrorKind::Config, tr("The kubeconfig %1 cannot be used.", {shown(origin)}),
                cleanText(detail));
}

Field scalar(const YAML::Node& map, const char* key, Entry& entry)
{
    const YAML::Node value = map[key];
    if (!value.IsDefined() || value.IsNull())
        return std::nullopt;
    if (!value.IsScalar()) {
        if (entry.badField.empty())
            entry.badField = key;
        return std::nullopt;
    }
    std::string text = value.Scalar();
    if (text.empty())
        return std::nullopt; // clientcmd treats empty strings as absent
    return text;
}

bool flag(const YAML::Node& map, const char* key, Entry& entry)
{
    const Field text = scalar(map, key, entry);
    if (!text)
        return false;
    if (*text == "true")
        return true;
    if (*text != "false" && entry.badField.empty())
        entry.badField = key;
    return false;
}

// A list of texts; anything else is the entry's fault at `field`.
std::vector<std::string> texts(const YAML::Node& map, const char* key, const std::string& field, Entry& entry)
{
    std::vector<std::string> out;
    const YAML::Node list = map[key];
    if (!list.IsDefined() || list.IsNull())
        return out;
    bool good = list.IsSequence();
    for (std::size_t i = 0; good && i < list.size(); ++i) {
        good = list[i].IsScalar();
        if (good)
            out.push_back(list[i].Scalar());
    }
    if (!good && entry.badField.empty())
        entry.badField = field;
    return out;
}

void readExec(UserEntry& entry, const YAML::Node& user)
{
    const YAML::Node node = user["exec"];
    if (!node.IsDefined() || node.IsNull())
        return;
    entry.exec.emplace();
    if (!node.IsMap()) {
        if (entry.badField.empty())
            entry.badField = "exec";
        return;
    }
    ExecConfig& exec = *entry.exec;
    const bool before = entry.badField.empty();
    exec.apiVersion = scalar(node, "apiVersion", entry).value_or("");
    exec.command = scalar(node, "command", entry).value_or("");
    exec.installHint = scalar(node, "installHint", entry).value_or("");
    exec.provideClusterInfo = flag(node, "provideClusterInfo", entry);
    entry.execInteractive = scalar(node, "interactiveMode", entry);
    if (before && !entry.badField.empty())
        entry.badField = "exec." + entry.badField;
    exec.args = texts(node, "args", "exec.args", entry);
    const YAML::Node env = node["env"];
    if (!env.IsDefined() || env.IsNull())
        return;
    bool good = env.IsSequence();
    for (std::size_t i = 0; good && i < env.size(); ++i) {
        good = env[i].IsMap() && env[i]["name"].IsDefined() && env[i]["name"].IsScalar() &&
               (!env[i]["value"].IsDefined() || env[i]["value"].IsScalar());
        if (good)
            exec.env.emplace_back(env[i]["name"].Scalar(),
                                  env[i]["value"].IsDefined() ? env[i]["value"].Scalar() : std::string());
    }
    if (!good && entry.badField.empty())
        entry.badField = "exec.env";
}

void readImpersonation(UserEntry& entry, const YAML::Node& user)
{
    entry.as = scalar(user, "as", entry);
    entry.asUid = scalar(user, "as-uid", entry);
    entry.asGroups = texts(user, "as-groups", "as-groups", entry);
    const YAML::Node extra = user["as-user-extra"];
    if (!extra.IsDefined() || extra.IsNull())
        return;
    bool good = extra.IsMap();
    for (auto it = extra.begin(); good && it != extra.end(); ++it) {
        good = it->first.IsScalar() && it->second.IsSequence();
        for (std::size_t i = 0; good && i < it->second.size(); ++i) {
            good = it->second[i].IsScalar();
            if (good)
                entry.asExtra[it->first.Scalar()].push_back(it->second[i].Scalar());
        }
    }
    if (!good && entry.badField.empty())
        entry.badField = "as-user-extra";
}

bool present(const YAML::Node& map, const char* key)
{
    const YAML::Node value = map[key];
    return value.IsDefined() && !value.IsNull();
}

template<typename T>
const T* find(const std::vector<T>& entries, const std::string& name)
{
    const auto it = std::find_if(entries.begin(), entries.end(), [&](const T& e) { return e.name == name; });
    return it == entries.end() ? nullptr : &*it;
}

Result<std::string> readFile(const std::string& path, std::size_t limit)
{
    std::error_code code;
    const auto status = std::filesystem::status(path, code);
    if (code || !std::filesystem::exists(status))
        return fail(ErrorKind::Io, tr("The file %1 does not exist.", {shown(path)}));
    // A pipe or a device would block us or never end.
    if (!std::filesystem::is_regular_file(status))
        return fail(ErrorKind::Io, tr("%1 is not a regular file.", {shown(path)}));
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return fail(ErrorKind::Io, tr("The file %1 cannot be read.", {shown(path)}));
    std::string text(limit + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (file.bad())
        return fail(ErrorKind::Io, tr("The file %1 cannot be read.", {shown(path)}));
    if (text.size() > limit)
        return fail(ErrorKind::Io,
                    tr("The file %1 is larger than %2 bytes.", {shown(path), std::to_string(limit)}));
    return text;
}

bool isHeaderText(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

struct Proxy {
    std::string url;
    std::string credential;
};

// "http://user:password@host:3128"; what client-go takes: http, https and socks5.
std::optional<Proxy> parseProxy(const std::string& text)
{
    const std::size_t colon = text.find("://");
    if (colon == std::string::npos)
        return std::nullopt;
    const std::string scheme = toLower(std::string_view(text).substr(0, colon));
    if (scheme != "http" && scheme != "https" && scheme != "socks5" && scheme != "socks5h")
        return std::nullopt;
    std::string rest = text.substr(colon + 3);
    while (!rest.empty() && rest.back() == '/')
        rest.pop_back();
    Proxy proxy;
    if (const std::size_t at = rest.rfind('@'); at != std::string::npos) {
        proxy.credential = rest.substr(0, at);
        rest = rest.substr(at + 1);
        if (!isHeaderText(proxy.credential))
            return std::nullopt;
    }
    // Host and port are those of any server.
    const auto url = parseServerUrl((scheme == "https" ? "https://" : "http://") + rest);
    if (!url || !url->path.empty())
        return std::nullopt;
    const bool told =
        rest.find(':', rest.rfind(']') == std::string::npos ? 0 : rest.rfind(']')) != std::string::npos;
    const std::uint16_t port = told ? url->port : scheme == "https" ? 443 : scheme == "http" ? 80 : 1080;
    proxy.url =
        (scheme == "socks5h" ? "socks5" : scheme) + "://" + url->bracketedHost() + ":" + std::to_string(port);
    return proxy;
}

bool isToken(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

} // namespace

struct Kubeconfig::Document {
    std::vector<ClusterEntry> clusters;
    std::vector<UserEntry> users;
    std::vector<ContextEntry> contexts;
};

Result<Kubeconfig> Kubeconfig::load(const std::string& path)
{
    auto text = readFile(path, kMaxFileBytes);
    if (!text)
        return fileFault(path, text.error().text);
    std::error_code code;
    const auto absolute = std::filesystem::absolute(path, code);
    return parse(*text, path, code ? "." : absolute.parent_path().string());
}

Result<Kubeconfig> Kubeconfig::parse(std::string_view yaml, std::string origin, std::string baseDirectory)
{
    if (yaml.size() > kMaxFileBytes)
        return fileFault(origin, tr("It is larger than %1 bytes.", {std::to_string(kMaxFileBytes)}));

    auto document = std::make_shared<Document>();
    Kubeconfig out;
    out.m_origin = origin;
    try {
        const std::string text(yaml);
        {
            std::istringstream stream(text);
            YAML::Parser parser(stream);
            Guard guard;
            parser.HandleNextDocument(guard);
        }
        const YAML::Node root = YAML::Load(text);
        if (!root.IsMap())
            return fileFault(origin, tr("It is not a kubeconfig: a mapping with clusters, users and contexts "
                                        "was expected."));
        if (const YAML::Node kind = root["kind"];
            kind.IsDefined() && (!kind.IsScalar() || (!kind.Scalar().empty() && kind.Scalar() != "Config")))
            return fileFault(origin, tr("It is not a kubeconfig: its kind is not Config."));

        // Calls `read(entry, body)` for every named entry of a list; the first of a name counts.
        const auto each = [&](const char* list, const char* bodyKey, auto& entries,
                              auto read) -> std::string {
            const YAML::Node nodes = root[list];
            if (!nodes.IsDefined() || nodes.IsNull())
                return {};
            if (!nodes.IsSequence())
                return tr("The field %1 is not a list.", {list});
            for (std::size_t i = 0; i < nodes.size(); ++i) {
                const YAML::Node node = nodes[i];
                const std::string where = std::string(list) + "[" + std::to_string(i) + "]";
                if (!node.IsMap() || !node["name"].IsDefined() || !node["name"].IsScalar())
                    return tr("The field %1 has no name.", {where});
                typename std::decay_t<decltype(entries)>::value_type entry;
                entry.name = node["name"].Scalar();
                entry.origin = origin;
                entry.baseDirectory = baseDirectory;
                const YAML::Node body = node[bodyKey];
                if (body.IsDefined() && body.IsMap())
                    read(entry, body);
                else if (body.IsDefined() && !body.IsNull())
                    entry.badField = bodyKey;
                if (find(entries, entry.name) == nullptr)
                    entries.push_back(std::move(entry));
            }
            return {};
        };
        std::string fault =
            each("clusters", "cluster", document->clusters, [](ClusterEntry& e, const YAML::Node& n) {
                e.server = scalar(n, "server", e);
                e.caFile = scalar(n, "certificate-authority", e);
                e.caData = scalar(n, "certificate-authority-data", e);
                e.tlsServerName = scalar(n, "tls-server-name", e);
                e.proxyUrl = scalar(n, "proxy-url", e);
                e.insecure = flag(n, "insecure-skip-tls-verify", e);
            });
        if (fault.empty())
            fault = each("users", "user", document->users, [](UserEntry& e, const YAML::Node& n) {
                e.certFile = scalar(n, "client-certificate", e);
                e.certData = scalar(n, "client-certificate-data", e);
                e.keyFile = scalar(n, "client-key", e);
                e.keyData = scalar(n, "client-key-data", e);
                e.token = scalar(n, "token", e);
                e.tokenFile = scalar(n, "tokenFile", e);
                e.username = scalar(n, "username", e);
                e.password = scalar(n, "password", e);
                readImpersonation(e, n);
                readExec(e, n);
                e.authProvider = present(n, "auth-provider");
            });
        if (fault.empty())
            fault = each("contexts", "context", document->contexts, [](ContextEntry& e, const YAML::Node& n) {
                e.cluster = scalar(n, "cluster", e);
                e.user = scalar(n, "user", e);
                e.ns = scalar(n, "namespace", e);
            });
        if (!fault.empty())
            return fileFault(origin, fault);
        if (const YAML::Node current = root["current-context"]; current.IsDefined() && current.IsScalar())
            out.m_current = current.Scalar();
    } catch (const YAML::Exception& e) {
        return fileFault(origin, e.what());
    } catch (const std::runtime_error& e) {
        return fileFault(origin, e.what());
    }

    for (const ContextEntry& entry : document->contexts) {
        Context context;
        context.name = entry.name;
        context.cluster = entry.cluster.value_or("");
        context.user = entry.user.value_or("");
        if (const ClusterEntry* cluster = find(document->clusters, context.cluster))
            context.server = cluster->server.value_or("");
        context.current = entry.name == out.m_current;
        out.m_contexts.push_back(std::move(context));
    }
    out.m_document = std::move(document);
    return out;
}

Result<Kubeconfig> Kubeconfig::loadMerged(const std::vector<std::string>& paths)
{
    if (paths.empty())
        return fail(ErrorKind::Config, tr("There is no kubeconfig."));
    auto document = std::make_shared<Document>();
    Kubeconfig out;
    const auto merge = [](auto& into, const auto& from) {
        for (const auto& entry : from) {
            if (find(into, entry.name) == nullptr)
                into.push_back(entry);
        }
    };
    for (const std::string& path : paths) {
        auto one = load(path);
        if (!one)
            return one;
        out.m_origin += out.m_origin.empty() ? path : ":" + path;
        merge(document->clusters, one->m_document->clusters);
        merge(document->users, one->m_document->users);
        merge(document->contexts, one->m_document->contexts);
        if (out.m_current.empty())
            out.m_current = one->m_current;
    }
    for (const ContextEntry& entry : document->contexts) {
        const ClusterEntry* cluster = find(document->clusters, entry.cluster.value_or(""));
        out.m_contexts.push_back({entry.name, entry.cluster.value_or(""), entry.user.value_or(""),
                                  cluster == nullptr ? std::string{} : cluster->server.value_or(""),
                                  entry.name == out.m_current});
    }
    out.m_document = std::move(document);
    return out;
}

Result<ClusterConfig> Kubeconfig::resolve(const std::string& wanted) const
{
    const std::string contextName = wanted.empty() ? m_current : wanted;
    if (contextName.empty())
        return fail(ErrorKind::Config,
                    tr("The kubeconfig %1 names no current context; choose one.", {shown(m_origin)}));

    std::string origin = m_origin;
    const auto fault = [&](ErrorKind kind, const std::string& field, const std::string& why) {
        return fail(kind,
                    tr("The context %1 of the kubeconfig %2 cannot be used: %3",
                       {shown(contextName), shown(origin), cleanText(why, 512)}),
                    cleanText(field));
    };
    const auto broken = [&](const std::string& field, const std::string& why) {
        return fault(ErrorKind::Config, field, tr("%1: %2", {field, why}));
    };
    const auto refused = [&](const std::string& field, const std::string& why) {
        return fault(ErrorKind::Refused, field, tr("%1: %2", {field, why}));
    };

    const ContextEntry* context = find(m_document->contexts, contextName);
    if (context == nullptr)
        return broken("contexts", tr("there is no context of that name."));
    origin = context->origin;
    const std::string contextPath = "contexts[" + context->name + "]";
    if (!context->badField.empty())
        return broken(contextPath + "." + context->badField, tr("the value has the wrong type."));
    if (!context->cluster)
        return broken(contextPath + ".cluster", tr("the field is missing."));

    const ClusterEntry* cluster = find(m_document->clusters, *context->cluster);
    if (cluster == nullptr)
        return broken(contextPath + ".cluster",
                      tr("there is no cluster named %1.", {shown(*context->cluster)}));
    const std::string clusterPath = "clusters[" + cluster->name + "].";
    if (!cluster->badField.empty())
        return broken(clusterPath + cluster->badField, tr("the value has the wrong type."));
    if (!cluster->server)
        return broken(clusterPath + "server", tr("the field is missing."));
    const auto url = parseServerUrl(*cluster->server);
    if (!url)
        return broken(clusterPath + "server", tr("this is no address of a server (https://host:port)."));
    if (!url->tls && !url->isLoopback())
        return refused(clusterPath + "server",
                       tr("without TLS everybody on the way could read and change what is sent; only this "
                          "computer itself may be reached by http."));

    ClusterConfig config;
    config.context = context->name;
    config.cluster = cluster->name;
    config.user = context->user.value_or("");
    config.origin = origin;
    config.server = url->text();
    config.tlsServerName = cluster->tlsServerName.value_or("");
    config.insecureSkipTlsVerify = cluster->insecure;
    config.defaultNamespace = context->ns.value_or("default");
    if (!config.tlsServerName.empty()) {
        const auto name = parseServerUrl("https://" + config.tlsServerName);
        if (!name || name->host != toLower(config.tlsServerName))
            return broken(clusterPath + "tls-server-name", tr("this is no host name."));
    }

    if (cluster->proxyUrl) {
        const auto proxy = parseProxy(*cluster->proxyUrl);
        if (!proxy)
            return broken(clusterPath + "proxy-url",
                          tr("this is no address of a proxy (http, https or socks5://host:port)."));
        config.proxyUrl = proxy->url;
        config.proxyCredential = Secret(proxy->credential);
    }

    // Inline data wins over a file (client-go tools/clientcmd). Yields an empty string when neither is there.
    const auto material = [&](const Entry& entry, const std::string& prefix, const char* key,
                              const Field& data, const Field& file) -> Result<std::string> {
        if (data) {
            std::string bytes;
            if (!base64Decode(*data, bytes))
                return broken(prefix + key + "-data", tr("the value is not valid base64."));
            return bytes;
        }
        if (!file)
            return std::string{};
        if (entry.baseDirectory.empty())
            return refused(prefix + key,
                           tr("this kubeconfig must not make Strata read files of this computer."));
        const std::filesystem::path named(*file);
        const std::string full =
            named.is_absolute() ? *file : (std::filesystem::path(entry.baseDirectory) / named).string();
        auto text = readFile(full, kMaxReferencedBytes);
        if (!text)
            return broken(prefix + key, text.error().text);
        return text;
    };
    const auto isPem = [](const std::string& text, const char* what) {
        const std::size_t begin = text.find("-----BEGIN ");
        return begin != std::string::npos && text.find(what, begin) != std::string::npos;
    };

    auto ca = material(*cluster, clusterPath, "certificate-authority", cluster->caData, cluster->caFile);
    if (!ca)
        return tl::unexpected(ca.error());
    const std::string caField =
        clusterPath + (cluster->caData ? "certificate-authority-data" : "certificate-authority");
    if (!ca->empty() && !isPem(*ca, "CERTIFICATE-----"))
        return broken(caField, tr("this is no certificate in PEM form."));
    if (!ca->empty() && config.insecureSkipTlsVerify)
        return broken(clusterPath + "insecure-skip-tls-verify",
                      tr("a certificate authority is given and its check switched off at the same time."));
    config.caPem = std::move(*ca);

    if (!context->user)
        return config;
    const UserEntry* user = find(m_document->users, *context->user);
    if (user == nullptr)
        return broken(contextPath + ".user", tr("there is no user named %1.", {shown(*context->user)}));
    const std::string userPath = "users[" + user->name + "].";
    if (!user->badField.empty())
        return broken(userPath + user->badField, tr("the value has the wrong type."));
    config.impersonate = {user->as.value_or(""), user->asUid.value_or(""), user->asGroups, user->asExtra};
    {
        const ClusterConfig::Impersonation& as = config.impersonate;
        if (as.user.empty() && !(as.uid.empty() && as.groups.empty() && as.extra.empty()))
            return broken(userPath + "as",
                          tr("groups, uid or extra of another user are given, but no user."));
        const auto good = [](const std::vector<std::string>& list) {
            return std::all_of(list.begin(), list.end(), isHeaderText);
        };
        if (!isHeaderText(as.user))
            return broken(userPath + "as", tr("it has characters that no header can carry."));
        if (!isHeaderText(as.uid))
            return broken(userPath + "as-uid", tr("it has characters that no header can carry."));
        if (!good(as.groups))
            return broken(userPath + "as-groups", tr("it has characters that no header can carry."));
        for (const auto& [key, values] : as.extra) {
            if (key.empty() || !good(values))
                return broken(userPath + "as-user-extra", tr("it has characters that no header can carry."));
        }
    }

    auto certificate = material(*user, userPath, "client-certificate", user->certData, user->certFile);
    if (!certificate)
        return tl::unexpected(certificate.error());
    auto key = material(*user, userPath, "client-key", user->keyData, user->keyFile);
    if (!key)
        return tl::unexpected(key.error());
    if (!certificate->empty() && !isPem(*certificate, "CERTIFICATE-----"))
        return broken(userPath + (user->certData ? "client-certificate-data" : "client-certificate"),
                      tr("this is no certificate in PEM form."));
    if (!key->empty() && !isPem(*key, "PRIVATE KEY-----"))
        return broken(userPath + (user->keyData ? "client-key-data" : "client-key"),
                      tr("this is no private key in PEM form."));
    if (certificate->empty() != key->empty())
        return broken(userPath + (key->empty() ? "client-key" : "client-certificate"),
                      tr("a client certificate and its key are only of use together."));
    config.clientCertificatePem = std::move(*certificate);
    config.clientKeyPem = Secret(std::move(*key));

    // With both the token is what to begin with (client-go transport/token_source.go).
    std::string token = user->token.value_or("");
    if (user->tokenFile) {
        if (user->baseDirectory.empty())
            return refused(userPath + "tokenFile",
                           tr("this kubeconfig must not make Strata read files of this computer."));
        const std::filesystem::path named(*user->tokenFile);
        config.tokenFile = named.is_absolute()
                               ? *user->tokenFile
                               : (std::filesystem::path(user->baseDirectory) / named).string();
        if (token.empty()) {
            const auto read = readTokenFile(config.tokenFile);
            if (!read)
                return broken(userPath + "tokenFile", read.error().text);
            token = read->reveal();
        }
    }
    // Blanks and line breaks would end the header and start another one.
    if (!isToken(token))
        return broken(userPath + (user->token ? "token" : "tokenFile"),
                      tr("the token has characters that no token has."));
    config.token = Secret(std::move(token));

    // client-go ignores an exec plug-in when the entry carries a static credential.
    const bool hasCredential = !config.token.empty() || !config.clientCertificatePem.empty();
    if (user->exec && !hasCredential) {
        if (user->baseDirectory.empty())
            return refused(userPath + "exec",
                           tr("this kubeconfig must not make Strata run programs of this computer."));
        ExecConfig exec = *user->exec;
        exec.baseDirectory = user->baseDirectory;
        const bool v1 = exec.apiVersion == "client.authentication.k8s.io/v1";
        if (!v1 && exec.apiVersion != "client.authentication.k8s.io/v1beta1")
            return broken(userPath + "exec.apiVersion",
                          exec.apiVersion.empty()
                              ? tr("the field is missing.")
                              : tr("%1 is not supported; v1 and v1beta1 are.", {shown(exec.apiVersion)}));
        if (exec.command.empty())
            return broken(userPath + "exec.command", tr("the field is missing."));
        const std::string mode = user->execInteractive.value_or(v1 ? "" : "IfAvailable");
        if (mode == "Never")
            exec.interactive = ExecConfig::Interactive::Never;
        else if (mode == "IfAvailable")
            exec.interactive = ExecConfig::Interactive::IfAvailable;
        else if (mode == "Always")
            return refused(userPath + "exec.interactiveMode",
                           tr("the credential plugin wants a terminal, which a window has not."));
        else
            return broken(userPath + "exec.interactiveMode",
                          mode.empty() ? tr("the field is missing.")
                                       : tr("Never, IfAvailable or Always was expected."));
        config.exec = std::move(exec);
    }
    if (user->authProvider && !hasCredential && !config.exec)
        return refused(userPath + "auth-provider", tr("Strata does not know authentication providers."));
    if ((user->username || user->password) && !hasCredential && !config.exec)
        return refused(userPath + "username",
                       tr("API servers no longer take passwords; use a token or a client certificate."));
    return config;
}

Result<Secret> readTokenFile(const std::string& path)
{
    auto text = readFile(path, kMaxReferencedBytes);
    if (!text)
        return tl::unexpected(text.error());
    const Secret whole(std::move(*text));
    Secret token{std::string(trimmed(whole.reveal()))};
    if (token.empty())
        return fail(ErrorKind::Io, tr("The file %1 is empty.", {shown(path)}));
    if (!isToken(token.reveal()))
        return fail(ErrorKind::Config,
                    tr("The token in %1 has characters that no token has.", {shown(path)}));
    return token;
}

bool sameAccess(const ClusterConfig& a, const ClusterConfig& b)
{
    return a.server == b.server && a.caPem == b.caPem && a.tlsServerName == b.tlsServerName &&
           a.insecureSkipTlsVerify == b.insecureSkipTlsVerify &&
           a.clientCertificatePem == b.clientCertificatePem && a.clientKeyPem == b.clientKeyPem &&
           a.token == b.token && a.tokenFile == b.tokenFile && a.exec == b.exec && a.proxyUrl == b.proxyUrl &&
           a.proxyCredential == b.proxyCredential && a.impersonate == b.impersonate;
}

std::vector<std::string> usualKubeconfigPaths()
{
    std::vector<std::string> candidates;
    if (const char* list = std::getenv("KUBECONFIG"); list != nullptr && *list != '\0') {
        candidates = split(list, ':');
    } else if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
        candidates.push_back((std::filesystem::path(home) / ".kube" / "config").string());
    }
    std::vector<std::string> out;
    for (std::string& path : candidates) {
        std::error_code code;
        if (!path.empty() && std::find(out.begin(), out.end(), path) == out.end() &&
            std::filesystem::exists(path, code))
            out.push_back(std::move(path));
    }
    return out;
}

namespace {

// A double-quoted YAML scalar; JSON's escapes are a subset of YAML's.
void quote(std::string& out, std::string_view text)
{
    static constexpr char kHex[] = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += "\\u00";
            out += kHex[byte >> 4U];
            out += kHex[byte & 15U];
        } else {
            out += c;
        }
    }
    out += "\"\n";
}

} // namespace

Secret writeKubeconfig(const ClusterConfig& config)
{
    const std::string cluster = config.cluster.empty() ? "cluster" : config.cluster;
    const std::string user = config.user.empty() ? "user" : config.user;
    const std::string context = config.context.empty() ? cluster : config.context;
    std::string out;
    // Growing would leave copies of the credential behind.
    out.reserve(4096 + 2 * (config.caPem.size() + config.clientCertificatePem.size() +
                            config.clientKeyPem.reveal().size() + config.token.reveal().size() +
                            8 * (cluster.size() + user.size() + context.size() + config.server.size())));
    const auto field = [&](const char* key, std::string_view value) {
        out += key;
        quote(out, value);
    };
    out += "apiVersion: v1\nkind: Config\n";
    field("current-context: ", context);
    out += "clusters:\n";
    field("- name: ", cluster);
    out += "  cluster:\n";
    field("    server: ", config.server);
    if (!config.caPem.empty())
        field("    certificate-authority-data: ", base64Encode(config.caPem));
    if (!config.tlsServerName.empty())
        field("    tls-server-name: ", config.tlsServerName);
    if (config.insecureSkipTlsVerify)
        out += "    insecure-skip-tls-verify: true\n";
    if (!config.proxyUrl.empty()) {
        std::string proxy = config.proxyUrl;
        if (!config.proxyCredential.empty())
            proxy.insert(proxy.find("://") + 3, config.proxyCredential.reveal() + "@");
        field("    proxy-url: ", proxy);
    }
    out += "users:\n";
    field("- name: ", user);
    const ClusterConfig::Impersonation& as = config.impersonate;
    const bool credential =
        !config.clientCertificatePem.empty() || !config.token.empty() || config.exec || !as.user.empty();
    out += credential ? "  user:\n" : "  user: {}\n";
    if (!config.clientCertificatePem.empty()) {
        field("    client-certificate-data: ", base64Encode(config.clientCertificatePem));
        field("    client-key-data: ", Secret(base64Encode(config.clientKeyPem.reveal())).reveal());
    }
    if (!config.tokenFile.empty())
        field("    tokenFile: ",
              config.tokenFile); // it changes: what is in it now would soon be worth nothing
    else if (!config.token.empty())
        field("    token: ", config.token.reveal());
    if (config.exec) {
        const ExecConfig& exec = *config.exec;
        const bool relative = exec.command.find('/') != std::string::npos && exec.command.front() != '/';
        out += "    exec:\n";
        field("      apiVersion: ", exec.apiVersion);
        field("      command: ", relative ? exec.baseDirectory + "/" + exec.command : exec.command);
        if (!exec.args.empty())
            out += "      args:\n";
        for (const std::string& arg : exec.args)
            field("      - ", arg);
        if (!exec.env.empty())
            out += "      env:\n";
        for (const auto& [name, value] : exec.env) {
            field("      - name: ", name);
            field("        value: ", value);
        }
        if (!exec.installHint.empty())
            field("      installHint: ", exec.installHint);
        if (exec.provideClusterInfo)
            out += "      provideClusterInfo: true\n";
        field("      interactiveMode: ",
              exec.interactive == ExecConfig::Interactive::Never ? "Never" : "IfAvailable");
    }
    if (!as.user.empty())
        field("    as: ", as.user);
    if (!as.uid.empty())
        field("    as-uid: ", as.uid);
    if (!as.groups.empty())
        out += "    as-groups:\n";
    for (const std::string& group : as.groups)
        field("    - ", group);
    if (!as.extra.empty())
        out += "    as-user-extra:\n";
    for (const auto& [key, values] : as.extra) {
        std::string line;
        quote(line, key);
        line.pop_back();
        out += "      " + line + (values.empty() ? ": []\n" : ":\n");
        for (const std::string& value : values)
            field("      - ", value);
    }
    out += "contexts:\n";
    field("- name: ", context);
    out += "  context:\n";
    field("    cluster: ", cluster);
    field("    user: ", user);
    field("    namespace: ", config.defaultNamespace);
    return Secret(std::move(out));
}

} // namespace strata::kube
