// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/opening.h"

#include "core/feeds/site.h"
#include "core/stack/stack.h"
#include "ui/shell/consoles.h"
#include "ui/shell/mainwindow.h"
#include "ui/stack/stackstore.h"
#include "ui/widgets/text.h"

#include <map>
#include <string_view>
#include <utility>

namespace strata::app {
namespace {

constexpr int kLookEveryMs = 100;

using Open = bool (ui::Consoles::*)(stack::ItemId);

const std::map<std::string, Open>& consoleTabs()
{
    static const std::map<std::string, Open> tabs = {
        {"logs", &ui::Consoles::openLogs},       {"shell", &ui::Consoles::openShell},
        {"screen", &ui::Consoles::openScreen},   {"metrics", &ui::Consoles::addToChart},
        {"serial", &ui::Consoles::openSerial},   {"attach", &ui::Consoles::attach},
        {"forward", &ui::Consoles::forwardPort}, {"bootstrap", &ui::Consoles::openBootstrap},
        {"ssh", &ui::Consoles::openSsh},         {"node-shell", &ui::Consoles::openNodeShell},
    };
    return tabs;
}

stack::ItemId namedUnder(const stack::Stack& stack, stack::Tree tree, stack::ItemId id,
                         const std::string& name)
{
    const stack::Item* item = stack.find(id);
    if (item == nullptr || std::string_view(item->name) == name)
        return item == nullptr ? stack::ItemId() : id;
    for (const stack::ItemId child : item->childrenIn(tree)) {
        if (const stack::ItemId found = namedUnder(stack, tree, child, name))
            return found;
    }
    return {};
}

} // namespace

stack::ItemId itemNamed(const stack::Stack& stack, const std::string& name)
{
    if (name.empty())
        return {};
    if (const stack::ItemId id = stack.findKey(name))
        return id;
    for (const stack::Tree tree : {stack::Tree::Stack, stack::Tree::Tenants, stack::Tree::Hosts}) {
        for (const stack::ItemId root : stack.roots(tree)) {
            if (const stack::ItemId found = namedUnder(stack, tree, root, name))
                return found;
        }
    }
    return {};
}

TabOpened openTab(ui::MainWindow& window, const std::string& tab)
{
    const auto console = consoleTabs().find(tab);
    if (console == consoleTabs().end())
        return window.setCurrentTab(QString::fromStdString(tab)) ? TabOpened::Yes : TabOpened::Unknown;
    ui::Consoles* consoles = window.consoles();
    return consoles != nullptr && (consoles->*console->second)(window.current()) ? TabOpened::Yes
                                                                                 : TabOpened::NotNow;
}

Opening::Opening(std::string select, std::string tab, feeds::Site& site, ui::StackStore& store,
                 ui::MainWindow& window)
    : m_select(std::move(select)), m_tab(std::move(tab)), m_site(site), m_store(store), m_window(window)
{
    QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { look(); });
    m_timer.start(kLookEveryMs);
}

void Opening::finish()
{
    m_done = true;
    m_timer.stop();
}

void Opening::look()
{
    const bool all = m_site.settled() && m_store.stack().size() > 0;
    if (m_window.current() && m_window.current() != m_item) {
        finish(); // somebody was faster
        return;
    }
    if (!m_item && !m_select.empty()) {
        m_item = itemNamed(m_store.stack(), m_select);
        if (!m_item) {
            if (all) {
                m_window.say(tr("There is no “%1” here.").arg(ui::cleaned(m_select)));
                finish();
            }
            return;
        }
        m_window.select(m_item);
    }
    if (m_tab.empty()) {
        finish();
        return;
    }
    switch (openTab(m_window, m_tab)) {
    case TabOpened::Yes:
        finish();
        return;
    case TabOpened::Unknown:
        m_window.say(tr("There is no tab “%1”.").arg(ui::cleaned(m_tab)));
        finish();
        return;
    case TabOpened::NotNow:
        if (all) {
            m_window.say(tr("“%1” cannot be opened for it now.").arg(ui::cleaned(m_tab)));
            finish();
        }
        return;
    }
}

} // namespace strata::app
