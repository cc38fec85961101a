// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/screenshot.h"

#include "app/opening.h"
#include "core/feeds/site.h"
#include "ui/console/forwarddialog.h"
#include "ui/shell/mainwindow.h"
#include "ui/stack/stackstore.h"

#include <QApplication>
#include <QDialog>
#include <QPixmap>
#include <QPushButton>

#include <iostream>

namespace strata::app {
namespace {

constexpr int kLookEveryMs = 100;
constexpr int kRestMs = 1500; // for documents, events and charts to come in
constexpr int kLongestMs = 120000;

} // namespace

Screenshot::Screenshot(const CommandLine& line, feeds::Site& site, ui::StackStore& store,
                       ui::MainWindow& window)
    : m_line(line), m_site(site), m_store(store), m_window(window)
{
    m_since.start();
    connect(&m_timer, &QTimer::timeout, this, &Screenshot::look);
    m_timer.start(kLookEveryMs);
}

stack::ItemId Screenshot::wanted() const
{
    const stack::Stack& stack = m_store.stack();
    if (const stack::ItemId named = itemNamed(stack, m_line.select))
        return named;
    stack::ItemId best;
    stack::Health worst = stack::Health::Ok;
    std::vector<stack::ItemId> todo;
    for (const stack::Tree tree : {stack::Tree::Stack, stack::Tree::Tenants, stack::Tree::Hosts})
        todo.insert(todo.end(), stack.roots(tree).begin(), stack.roots(tree).end());
    while (!todo.empty()) {
        const stack::Item* item = stack.find(todo.back());
        todo.pop_back();
        if (item->kind == stack::ItemKind::Vm && (!best || item->health > worst)) {
            best = item->id;
            worst = item->health;
        }
        for (const std::vector<stack::ItemId>& children : item->children)
            todo.insert(todo.end(), children.begin(), children.end());
    }
    return best;
}

void Screenshot::look()
{
    if (m_since.elapsed() > kLongestMs) {
        std::cerr << "strata: the site has not come to rest in time\n";
        QApplication::exit(1);
        return;
    }
    const bool welcome = !m_line.demo && m_line.kubeconfig.empty() && m_line.hosts.empty();
    if (!welcome && (!m_site.settled() || m_store.stack().size() == 0)) {
        m_resting.invalidate();
        return;
    }
    if (!m_resting.isValid()) {
        m_resting.start();
        return;
    }
    if (m_resting.elapsed() < kRestMs)
        return;
    if (!m_selected) {
        m_selected = true;
        if (const stack::ItemId item = wanted())
            m_window.select(item);
        if (!m_line.tab.empty())
            openTab(m_window, m_line.tab == "ports" ? "forward" : m_line.tab);
        if (m_line.tab == "ports") { // what the dialog leads to
            for (auto* dialog : m_window.findChildren<ui::ForwardDialog*>())
                dialog->forwardButton()->click();
        }
        m_resting.restart();
        return;
    }
    m_timer.stop();
    const QString path = QString::fromStdString(m_line.screenshot);
    QWidget* shown = &m_window;
    for (QDialog* dialog : m_window.findChildren<QDialog*>()) {
        if (dialog->isVisible())
            shown = dialog; // what was asked for is in it
    }
    if (!shown->grab().save(path)) {
        std::cerr << "strata: “" << m_line.screenshot << "” could not be written\n";
        QApplication::exit(1);
        return;
    }
    QApplication::exit(0);
}

} // namespace strata::app
