// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/settings/workspace.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>
#include <QStandardPaths>

#include <algorithm>

namespace strata::ui {
namespace {

constexpr int kVersion = 1;
constexpr int kLaterMs = 500;
constexpr qint64 kMostBytes = 4 << 20; // a file this long is not ours
constexpr int kMostConnections = 200;

const char* kindWord(Connection::Kind kind)
{
    switch (kind) {
    case Connection::Kind::Demo:
        return "demo";
    case Connection::Kind::Cluster:
        return "cluster";
    case Connection::Kind::Host:
        return "host";
    }
    return "";
}

const char* themeWord(ThemeMode mode)
{
    switch (mode) {
    case ThemeMode::System:
        return "system";
    case ThemeMode::Light:
        return "light";
    case ThemeMode::Dark:
        return "dark";
    }
    return "";
}

bool parseConnection(const QJsonObject& object, Connection& out)
{
    const QString kind = object.value(QLatin1String("kind")).toString();
    bool known = false;
    for (const Connection::Kind each :
         {Connection::Kind::Demo, Connection::Kind::Cluster, Connection::Kind::Host}) {
        if (kind == QLatin1String(kindWord(each))) {
            out.kind = each;
            known = true;
        }
    }
    out.name = object.value(QLatin1String("name")).toString();
    out.kubeconfig = object.value(QLatin1String("kubeconfig")).toString();
    out.context = object.value(QLatin1String("context")).toString();
    out.uri = object.value(QLatin1String("uri")).toString();
    out.open = object.value(QLatin1String("open")).toBool(false);
    out.lastUsed = object.value(QLatin1String("lastUsed")).toInteger();
    return known && (out.kind == Connection::Kind::Demo ||
                     (out.kind == Connection::Kind::Cluster && !out.kubeconfig.isEmpty()) ||
                     (out.kind == Connection::Kind::Host && !out.uri.isEmpty()));
}

QJsonObject writeConnection(const Connection& connection)
{
    QJsonObject object;
    object.insert(QLatin1String("kind"), QLatin1String(kindWord(connection.kind)));
    object.insert(QLatin1String("name"), connection.name);
    if (connection.kind == Connection::Kind::Cluster) {
        object.insert(QLatin1String("kubeconfig"), connection.kubeconfig);
        object.insert(QLatin1String("context"), connection.context);
    }
    if (connection.kind == Connection::Kind::Host)
        object.insert(QLatin1String("uri"), connection.uri);
    object.insert(QLatin1String("open"), connection.open);
    object.insert(QLatin1String("lastUsed"), connection.lastUsed);
    return object;
}

// Writes the whole file or leaves the old one; readable by its owner only.
Result<void> writeFile(const QString& path, const QByteArray& bytes)
{
    const auto fault = [&path](const QString& why) {
        return fail(ErrorKind::Io,
                    Workspace::tr("The workspace could not be saved to %1.").arg(path).toStdString(),
                    why.toStdString());
    };
    const QString folder = QFileInfo(path).absolutePath();
    if (!QDir().exists(folder)) {
        if (!QDir().mkpath(folder))
            return fault(Workspace::tr("The folder cannot be made."));
        QFile::setPermissions(folder, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    }
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return fault(file.errorString());
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner); // before anything is in it
    if (file.write(bytes) != bytes.size() || !file.commit())
        return fault(file.errorString());
    return {};
}

} // namespace

bool Connection::sameAs(const Connection& other) const
{
    if (kind != other.kind)
        return false;
    switch (kind) {
    case Kind::Demo:
        return true;
    case Kind::Cluster:
        return kubeconfig == other.kubeconfig && context == other.context;
    case Kind::Host:
        return uri == other.uri;
    }
    return false;
}

QString Workspace::defaultPath()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation) +
           QStringLiteral("/workspace.json");
}

Workspace::Workspace(QString path, QObject* parent) : QObject(parent), m_path(std::move(path))
{
    m_writer.setMaxThreadCount(1);
    m_later.setSingleShot(true);
    m_later.setInterval(kLaterMs);
    connect(&m_later, &QTimer::timeout, this, &Workspace::startWriting);
}

Workspace::~Workspace()
{
    if (m_dirty)
        (void)saveNow(); // nobody is left to tell
    m_writer.waitForDone();
}

void Workspace::load()
{
    QFile file(m_path);
    if (!file.exists())
        return;
    QString why;
    QJsonDocument document;
    if (!file.open(QIODevice::ReadOnly)) {
        // It may be whole and just not ours to read: leave it alone and write nothing over it.
        m_mayWrite = false;
        m_message = tr("The workspace %1 could not be opened (%2). Nothing will be saved in it.")
                        .arg(m_path, file.errorString());
        return;
    }
    if (file.size() > kMostBytes) {
        why = tr("it is too long");
    } else {
        QJsonParseError error;
        document = QJsonDocument::fromJson(file.readAll(), &error);
        if (error.error != QJsonParseError::NoError)
            why = tr("%1 at byte %2").arg(error.errorString()).arg(error.offset);
        else if (!document.isObject())
            why = tr("it is not a JSON object");
    }
    file.close();
    if (!why.isEmpty()) {
        const QString stamp = QDateTime::currentDateTimeUtc().toString(QStringLiteral("yyyyMMdd-HHmmss"));
        QString aside = QStringLiteral("%1.broken-%2").arg(m_path, stamp);
        for (int i = 2; QFile::exists(aside); ++i)
            aside = QStringLiteral("%1.broken-%2-%3").arg(m_path, stamp).arg(i);
        if (QFile::rename(m_path, aside)) {
            m_message = tr("The workspace file could not be read (%1). It was moved to %2, and Strata starts "
                           "with a new one.")
                            .arg(why, aside);
        } else {
            m_mayWrite = false;
            m_message = tr("The workspace file %1 could not be read (%2) nor moved aside. Nothing will be "
                           "saved in it.")
                            .arg(m_path, why);
        }
        return;
    }
    m_root = document.object();
    const int version = m_root.value(QLatin1String("version")).toInt(kVersion);
    if (version > kVersion)
        m_message = tr("The workspace was written by a newer Strata (format %1). What this one does not know "
                       "stays in the file.")
                        .arg(version);
    const QJsonArray connections = m_root.value(QLatin1String("connections")).toArray();
    for (const QJsonValue& value : connections) {
        Connection connection;
        if (m_connections.size() < kMostConnections && parseConnection(value.toObject(), connection))
            m_connections.append(connection);
    }
    const QJsonObject settings = m_root.value(QLatin1String("settings")).toObject();
    const QString theme = settings.value(QLatin1String("theme")).toString();
    for (const ThemeMode mode : {ThemeMode::System, ThemeMode::Light, ThemeMode::Dark}) {
        if (theme == QLatin1String(themeWord(mode)))
            m_settings.theme = mode;
    }
    const double points = settings.value(QLatin1String("fontPoints")).toDouble(0);
    m_settings.fontPoints = points <= 0 ? 0 : std::clamp(points, 6.0, 32.0);
    m_settings.reopen = settings.value(QLatin1String("reopen")).toBool(true);
    m_settings.notify = settings.value(QLatin1String("notify")).toBool(false);
    m_settings.eventsEverySeconds =
        std::clamp(settings.value(QLatin1String("eventsEverySeconds")).toInt(15), 5, 300);
}

QByteArray Workspace::toJson()
{
    if (m_root.value(QLatin1String("version")).toInt(0) < kVersion)
        m_root.insert(QLatin1String("version"), kVersion);
    // Entries of a kind that this version does not know are kept as they are.
    QJsonArray connections;
    for (const Connection& connection : m_connections)
        connections.append(writeConnection(connection));
    const QJsonArray before = m_root.value(QLatin1String("connections")).toArray();
    for (const QJsonValue& value : before) {
        Connection known;
        const QString kind = value.toObject().value(QLatin1String("kind")).toString();
        if (!parseConnection(value.toObject(), known) && !kind.isEmpty() &&
            kind != QLatin1String("cluster") && kind != QLatin1String("host"))
            connections.append(value);
    }
    m_root.insert(QLatin1String("connections"), connections);
    QJsonObject settings = m_root.value(QLatin1String("settings")).toObject();
    settings.insert(QLatin1String("theme"), QLatin1String(themeWord(m_settings.theme)));
    settings.insert(QLatin1String("fontPoints"), m_settings.fontPoints);
    settings.insert(QLatin1String("reopen"), m_settings.reopen);
    settings.insert(QLatin1String("eventsEverySeconds"), m_settings.eventsEverySeconds);
    settings.insert(QLatin1String("notify"), m_settings.notify);
    m_root.insert(QLatin1String("settings"), settings);
    return QJsonDocument(m_root).toJson(QJsonDocument::Indented);
}

void Workspace::touch()
{
    m_dirty = true;
    m_later.start();
}

void Workspace::startWriting()
{
    if (!m_dirty || !m_mayWrite)
        return;
    m_dirty = false;
    const QByteArray bytes = toJson();
    // The pool ends before this object does (see the destructor).
    m_writer.start([this, path = m_path, bytes] {
        const Result<void> done = writeFile(path, bytes);
        const QString fault =
            done ? QString() : QString::fromStdString(done.error().text + " " + done.error().detail);
        QMetaObject::invokeMethod(
            this,
            [this, fault] {
                if (fault.isEmpty()) {
                    m_saidFailure = false;
                } else if (!m_saidFailure) {
                    m_saidFailure = true;
                    Q_EMIT saveFailed(fault);
                }
            },
            Qt::QueuedConnection);
    });
}

Result<void> Workspace::saveNow()
{
    m_later.stop();
    m_writer.waitForDone();
    if (!m_mayWrite)
        return fail(ErrorKind::Refused, m_message.toStdString());
    m_dirty = false;
    return writeFile(m_path, toJson());
}

void Workspace::remember(const Connection& connection)
{
    const auto same = [&](const Connection& known) { return known.sameAs(connection); };
    m_connections.erase(std::remove_if(m_connections.begin(), m_connections.end(), same),
                        m_connections.end());
    m_connections.prepend(connection);
    if (m_connections.size() > kMostConnections)
        m_connections.removeLast();
    touch();
    Q_EMIT connectionsChanged();
}

void Workspace::forget(const Connection& connection)
{
    const auto same = [&](const Connection& known) { return known.sameAs(connection); };
    m_connections.erase(std::remove_if(m_connections.begin(), m_connections.end(), same),
                        m_connections.end());
    touch();
    Q_EMIT connectionsChanged();
}

void Workspace::setOpen(const Connection& connection, bool open)
{
    for (Connection& known : m_connections) {
        if (known.sameAs(connection) && known.open != open) {
            known.open = open;
            touch();
            Q_EMIT connectionsChanged();
        }
    }
}

void Workspace::setSettings(const Settings& settings)
{
    if (m_settings == settings)
        return;
    m_settings = settings;
    touch();
    Q_EMIT settingsChanged();
}

QByteArray Workspace::windowGeometry() const
{
    return QByteArray::fromBase64(m_root.value(QLatin1String("window"))
                                      .toObject()
                                      .value(QLatin1String("geometry"))
                                      .toString()
                                      .toLatin1());
}

void Workspace::setWindowGeometry(const QByteArray& geometry)
{
    QJsonObject window = m_root.value(QLatin1String("window")).toObject();
    window.insert(QLatin1String("geometry"), QString::fromLatin1(geometry.toBase64()));
    m_root.insert(QLatin1String("window"), window);
    touch();
}

QByteArray Workspace::windowState() const
{
    return QByteArray::fromBase64(
        m_root.value(QLatin1String("window")).toObject().value(QLatin1String("state")).toString().toLatin1());
}

void Workspace::setWindowState(const QByteArray& state)
{
    QJsonObject window = m_root.value(QLatin1String("window")).toObject();
    window.insert(QLatin1String("state"), QString::fromLatin1(state.toBase64()));
    m_root.insert(QLatin1String("window"), window);
    touch();
}

QJsonObject Workspace::panelState(const QString& panel) const
{
    return m_root.value(QLatin1String("panels")).toObject().value(panel).toObject();
}

void Workspace::setPanelState(const QString& panel, const QJsonObject& state)
{
    QJsonObject panels = m_root.value(QLatin1String("panels")).toObject();
    panels.insert(panel, state);
    m_root.insert(QLatin1String("panels"), panels);
    touch();
}

} // namespace strata::ui
