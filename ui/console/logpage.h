// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/console/logbook.h"
#include "ui/console/consoletargets.h"
#include "ui/console/services.h"
#include "ui/console/sessionpage.h"

#include <QTimer>

#include <map>
#include <vector>

class QAction;
class QActionGroup;
class QComboBox;
class QMenu;

namespace strata::ui {

class EndBar;
class FindBar;
class LogView;
class PageHeader;
class SessionLink;

// What pods print, merged by time: follow, the instance before, since when, which containers. A stream that
// ends because its container began anew is gone on with, without a line twice.
class LogPage : public SessionPage {
    Q_OBJECT

public:
    static constexpr std::size_t kMostStreams = 24;

    LogPage(const ConsoleServices& services, const QString& title, const std::vector<PodTarget>& pods,
            QWidget* parent = nullptr);
    ~LogPage() override;

    LogView* view() const { return m_view; }
    const console::LogBook& book() const { return m_book; }
    EndBar* endBar() const { return m_endBar; }
    QComboBox* podBox() const { return m_podBox; }
    QComboBox* containerBox() const { return m_containerBox; }
    PageHeader* header() const { return m_header; }
    QAction* sinceAction(int which) const; // from the shortest to the longest: lines, minutes, …
    QAction* previousAction() const { return m_previous; }
    QAction* timesAction() const { return m_times; }
    QString wholeText() const; // what is saved

    QString iconName() const override { return QStringLiteral("logs"); }
    QString kindName() const override { return tr("Logs"); }
    void enter() override;

protected:
    void showEvent(QShowEvent* event) override;

private:
    struct Stream {
        PodTarget pod;
        std::string container;
        std::size_t source = 0;
        SessionLink* link = nullptr;
        int breaks = 0; // in a row, without a line between
        bool ended = false;
        QString why;
    };

    void fillMenu(QMenu* menu);
    int since() const; // which of the choices
    void askContainers();
    void start(); // everything anew
    void openStream(Stream& stream);
    void take(std::size_t index);
    void onState(std::size_t index);
    void tellState();
    QStringList shortNames() const;

    ConsoleServices m_services;
    std::vector<PodTarget> m_pods;
    std::map<std::string, std::vector<console::ContainerInfo>> m_containers; // by pod
    std::size_t m_asked = 0;
    QString m_askError;
    console::LogBook m_book;
    std::vector<Stream> m_streams;
    std::size_t m_left = 0; // streams that were not opened: there are too many
    unsigned m_run = 0;     // what an earlier start() planned is no longer wanted
    LogView* m_view = nullptr;
    EndBar* m_endBar = nullptr;
    FindBar* m_findBar = nullptr;
    PageHeader* m_header = nullptr;
    QComboBox* m_podBox = nullptr;
    QComboBox* m_containerBox = nullptr;
    QActionGroup* m_since = nullptr;
    QAction* m_previous = nullptr;
    QAction* m_times = nullptr;
    bool m_started = false;
};

} // namespace strata::ui
