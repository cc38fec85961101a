// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "ui/theme/theme.h"

#include <QByteArray>
#include <QJsonObject>
#include <QList>
#include <QObject>
#include <QString>
#include <QThreadPool>
#include <QTimer>

namespace strata::ui {

// Something the operator connected to, told so that it can be opened again. Never a secret: of a cluster only
// where its kubeconfig is and which context of it was meant.
struct Connection {
    enum class Kind { Demo, Cluster, Host };
    Kind kind = Kind::Cluster;
    QString name;        // what the operator calls it
    QString kubeconfig;  // Cluster: path of the file
    QString context;     // Cluster
    QString uri;         // Host
    bool open = true;    // opened by itself at the next start
    qint64 lastUsed = 0; // Unix milliseconds

    bool sameAs(const Connection& other) const; // the same place, whatever it is called
};

struct Settings {
    ThemeMode theme = ThemeMode::System;
    double fontPoints = 0;       // of the general font; 0: the theme's own size
    bool reopen = true;          // connect at the start to what was open at the end
    int eventsEverySeconds = 15; // of the Events tab while it is seen, 5 … 300
    bool notify = false;         // of new problems while another window is worked in

    friend bool operator==(const Settings&, const Settings&) = default;
};

// What survives the program: connections, settings and how the window looked, as one JSON file of mode 0600.
// Changes are written half a second later, whole (QSaveFile), on a thread of their own; the destructor writes
// what is left. Keys of the file that we do not know stay in it. A file that cannot be read is moved aside,
// never overwritten. GUI thread.
class Workspace : public QObject {
    Q_OBJECT

public:
    static QString defaultPath(); // "workspace.json" under QStandardPaths::AppConfigLocation

    explicit Workspace(QString path = defaultPath(), QObject* parent = nullptr);
    ~Workspace() override;

    // Reads the file; call once, before the window is shown. A file that does not exist is not a fault.
    void load();
    // What the operator should know about the file ("… could not be read and was moved to …"); else empty.
    QString message() const { return m_message; }
    const QString& path() const { return m_path; }
    Result<void> saveNow(); // waits for the disk: for tests and for the end of the program

    const QList<Connection>& connections() const { return m_connections; } // last used first
    void remember(const Connection& connection);                           // adds, or replaces sameAs()
    void forget(const Connection& connection);
    void setOpen(const Connection& connection, bool open);

    const Settings& settings() const { return m_settings; }
    void setSettings(const Settings& settings);

    QByteArray windowGeometry() const;
    void setWindowGeometry(const QByteArray& geometry);
    QByteArray windowState() const; // of docks and toolbars
    void setWindowState(const QByteArray& state);
    QJsonObject panelState(const QString& panel) const; // "tree", "chart", "details", "centre", …
    void setPanelState(const QString& panel, const QJsonObject& state);

Q_SIGNALS:
    void connectionsChanged();
    void settingsChanged();
    void saveFailed(const QString& message); // said once until a save succeeds again

private:
    void touch();
    void startWriting();
    QByteArray toJson();

    QString m_path;
    QString m_message;
    QJsonObject m_root; // as read, unknown keys included
    QList<Connection> m_connections;
    Settings m_settings;
    QTimer m_later;
    QThreadPool m_writer; // one thread: writes keep their order
    bool m_dirty = false;
    bool m_mayWrite = true; // off when an unreadable file could not be moved aside
    bool m_saidFailure = false;
};

} // namespace strata::ui
