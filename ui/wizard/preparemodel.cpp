// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/preparemodel.h"

#include "ui/widgets/text.h"
#include "ui/wizard/aside.h"
#include "ui/wizard/clusterruns.h"

#include <algorithm>
#include <set>

namespace strata::ui {

using namespace prepare;

PrepareModel::PrepareModel(ClusterRuns* runs, QObject* parent)
    : QObject(parent), m_runs(runs), m_matrix(builtinMatrix())
{}

PrepareModel::~PrepareModel()
{
    if (m_stop)
        *m_stop = true;
}

void PrepareModel::setSource(stack::SourceId source)
{
    m_source = source;
    const QString given = QString::fromStdString(m_runs->bundle(source));
    if (!given.isEmpty()) { // there is no way to the internet from there
        m_fromFolder = true;
        setFolder(given);
    }
    lookAgain();
}

void PrepareModel::lookAgain()
{
    dropPlan();
    m_survey.reset();
    const auto client = m_runs->client(m_source);
    if (!client) {
        m_state = State::Failed;
        m_error =
            Error{ErrorKind::Network, tr("The outer cluster is not connected.").toStdString(), {}, 0, 0};
        Q_EMIT changed();
        return;
    }
    m_state = State::Asking;
    const int asked = ++m_asked;
    m_survey = prepare::Survey::start(
        client, m_matrix, onGui<Result<Listed>>(this, [this, asked](const Result<Listed>& listed) {
            if (asked == m_asked)
                take(listed);
        }));
    Q_EMIT changed();
}

void PrepareModel::take(const Result<Listed>& listed)
{
    if (!listed) {
        m_state = State::Failed;
        m_error = listed.error();
        Q_EMIT changed();
        return;
    }
    m_state = State::Known;
    m_picture = detect(*listed, m_matrix);
    m_proposal = propose(m_picture, m_matrix);
    m_wishes = m_proposal.wishes;
    check();
    Q_EMIT changed();
}

const Wish* PrepareModel::wish(const std::string& id) const
{
    const auto found =
        std::find_if(m_wishes.begin(), m_wishes.end(), [&](const Wish& each) { return each.id == id; });
    return found != m_wishes.end() ? &*found : nullptr;
}

QStringList PrepareModel::versionsOf(const std::string& id) const
{
    QStringList out;
    const auto add = [&out](const std::string& version) {
        if (!version.empty() && !out.contains(cleaned(version)))
            out << cleaned(version);
    };
    if (m_fromFolder) {
        if (m_bundle && m_bundle->find(id) != nullptr)
            add(m_bundle->find(id)->version);
        return out;
    }
    if (const ComponentSpec* spec = m_matrix.find(id)) {
        for (const std::string& version : versionsFor(*spec, m_matrix, m_picture))
            add(version);
    }
    return out;
}

// With what a component begins when it is chosen.
std::string PrepareModel::versionAtFirst(const Wish& wish) const
{
    const Wish* proposed = m_proposal.wish(wish.id);
    if (proposed != nullptr && proposed->deed != Deed::Leave)
        return proposed->version;
    const QStringList versions = versionsOf(wish.id);
    return versions.isEmpty() ? wish.version : versions.first().toStdString();
}

void PrepareModel::setWanted(const std::string& id, bool wanted)
{
    for (Wish& each : m_wishes) {
        const Finding* finding = m_picture.find(id);
        if (each.id != id || finding == nullptr || (each.deed != Deed::Leave) == wanted)
            continue;
        if (!wanted) {
            each.deed = Deed::Leave;
            each.version = finding->version;
            continue;
        }
        each.version = versionAtFirst(each);
        each.deed = finding->presence == Presence::Absent ? Deed::Install
                    : finding->presence == Presence::Installed && finding->version != each.version
                        ? Deed::Upgrade
                        : Deed::Repair;
    }
    dropPlan();
    check();
    Q_EMIT changed();
}

void PrepareModel::setVersion(const std::string& id, const QString& version)
{
    for (Wish& each : m_wishes) {
        if (each.id == id && each.deed != Deed::Leave)
            each.version = version.toStdString();
    }
    dropPlan();
    check();
    Q_EMIT changed();
}

void PrepareModel::setGate(const std::string& id, const std::string& gate, bool on)
{
    for (Wish& each : m_wishes) {
        if (each.id != id)
            continue;
        if (on)
            each.gates.insert(gate);
        else
            each.gates.erase(gate);
    }
    dropPlan();
    Q_EMIT changed();
}

const std::vector<Addon>& PrepareModel::addons() const
{
    static const std::vector<Addon> none;
    return m_fromFolder ? m_addons : none;
}

bool PrepareModel::addonWanted(const std::string& id) const
{
    return m_wantedAddons.count(id) != 0;
}

void PrepareModel::setAddonWanted(const std::string& id, bool wanted)
{
    if (wanted)
        m_wantedAddons.insert(id);
    else
        m_wantedAddons.erase(id);
    dropPlan();
    check();
    Q_EMIT changed();
}

std::set<std::string> PrepareModel::chosenAddons() const
{
    return m_fromFolder ? m_wantedAddons : std::set<std::string>();
}

bool PrepareModel::nothingToDo() const
{
    return chosenAddons().empty() && std::all_of(m_wishes.begin(), m_wishes.end(),
                                                 [](const Wish& each) { return each.deed == Deed::Leave; });
}

void PrepareModel::check()
{
    m_objections.clear();
    if (m_state != State::Known)
        return;
    if (m_fromFolder && m_bundle)
        m_objections = offer(m_wishes, *m_bundle, m_matrix);
    follow(m_wishes, m_picture, m_matrix);
    std::vector<Objection> more = prepare::objections(m_wishes, m_picture, m_matrix);
    m_objections.insert(m_objections.end(), more.begin(), more.end());
    more = prepare::objections(chosenAddons(), addons(), m_picture, m_matrix);
    m_objections.insert(m_objections.end(), more.begin(), more.end());
    if (!m_variablesWrong.isEmpty())
        m_objections.push_back({{}, m_variablesWrong.toStdString()});
}

void PrepareModel::setFromFolder(bool folder)
{
    if (m_fromFolder == folder)
        return;
    m_fromFolder = folder;
    for (Wish& each : m_wishes) {
        if (each.deed != Deed::Leave)
            each.version = versionAtFirst(each);
    }
    dropPlan();
    check();
    Q_EMIT changed();
}

void PrepareModel::setFolder(const QString& folder)
{
    m_folder = folder.trimmed();
    m_bundle.reset();
    m_bundleError.reset();
    m_addons.clear();
    m_wantedAddons.clear();
    dropPlan();
    const int asked = ++m_indexes;
    if (m_folder.isEmpty()) {
        check();
        Q_EMIT changed();
        return;
    }
    struct Held {
        Result<Bundle> bundle;
        std::vector<Addon> addons;
    };
    aside<Held>(
        this,
        [path = m_folder.toStdString(), &matrix = m_matrix] {
            Held held{readBundle(path), {}};
            if (held.bundle)
                held.addons = readAddons(*held.bundle, matrix);
            return held;
        },
        [this, asked](Held held) {
            if (asked != m_indexes)
                return;
            if (held.bundle)
                m_bundle = std::move(*held.bundle);
            else
                m_bundleError = held.bundle.error();
            m_addons = std::move(held.addons);
            check();
            Q_EMIT changed();
        });
}

void PrepareModel::setReleases(const QString& base)
{
    m_releases = base.trimmed();
    dropPlan();
    Q_EMIT changed();
}

void PrepareModel::setMirror(const QString& mirror)
{
    m_mirror = mirror.trimmed();
    dropPlan();
    Q_EMIT changed();
}

void PrepareModel::setVariables(const QString& text)
{
    m_variables.clear();
    m_variablesWrong.clear();
    for (const QString& each : text.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        const QString one = each.trimmed();
        const qsizetype equals = one.indexOf(QLatin1Char('='));
        if (one.isEmpty())
            continue;
        if (equals < 1) {
            m_variablesWrong = tr("“%1” is no variable; write NAME=VALUE.").arg(cleaned(one));
            continue;
        }
        m_variables[one.left(equals).toStdString()] = one.mid(equals + 1).toStdString();
    }
    dropPlan();
    check();
    Q_EMIT changed();
}

void PrepareModel::dropPlan()
{
    ++m_plans;
    if (m_stop)
        *m_stop = true;
    m_stop.reset();
    m_lookUp.reset();
    m_run.reset();
    m_plan.reset();
    m_planError.reset();
    m_images.clear();
    m_reading.clear();
    if (m_making != Making::None) {
        m_making = Making::None;
        Q_EMIT planChanged();
    }
}

void PrepareModel::refuse(const Error& error)
{
    m_making = Making::Refused;
    m_planError = error;
    Q_EMIT planChanged();
}

void PrepareModel::makePlan()
{
    dropPlan();
    const auto client = m_runs->client(m_source);
    if (!client) {
        refuse({ErrorKind::Network, tr("The outer cluster is not connected.").toStdString(), {}, 0, 0});
        return;
    }
    m_making = Making::Reading;
    const int asked = m_plans;
    m_stop = std::make_shared<std::atomic<bool>>(false);
    Source source;
    source.bundle = m_fromFolder ? m_folder.toStdString() : std::string();
    source.releases = m_releases.toStdString();
    source.mirror = m_mirror.toStdString();
    source.variables = m_variables;
    source.addons = chosenAddons();
    source.download.stop = m_stop.get();
    const auto tell = onGui<std::string>(this, [this, asked](const std::string& url) {
        if (asked != m_plans)
            return;
        m_reading = cleaned(url);
        Q_EMIT planChanged();
    });
    using Parts = Result<std::vector<Part>>;
    aside<Parts>(
        this,
        [wishes = m_wishes, source, tell, stop = m_stop, &matrix = m_matrix] {
            return loadParts(wishes, matrix, source, tell);
        },
        [this, asked, client](const Parts& parts) {
            if (asked != m_plans)
                return;
            if (!parts) {
                refuse(parts.error());
                return;
            }
            std::set<QString> images;
            for (const Part& part : *parts) {
                for (const std::string& image : part.images)
                    images.insert(cleaned(image));
            }
            m_images = QStringList(images.begin(), images.end());
            m_making = Making::Asking;
            m_lookUp = LookUp::start(client, objectsOf(*parts),
                                     onGui<Result<Existing>>(this, [this, asked, parts = *parts](
                                                                       const Result<Existing>& existing) {
                                         if (asked != m_plans)
                                             return;
                                         if (!existing)
                                             refuse(existing.error());
                                         else
                                             rehearse(parts, *existing);
                                     }));
            Q_EMIT planChanged();
        });
    Q_EMIT planChanged();
}

void PrepareModel::rehearse(const std::vector<Part>& parts, const Existing& existing)
{
    PlanOptions options;
    options.id = provision::newPlanId();
    if (const auto client = m_runs->client(m_source))
        options.server = client->config().server;
    m_plan = prepare::makePlan(parts, existing, m_matrix, options);
    m_run = m_runs->rehearse(m_source, *m_plan);
    if (!m_run) {
        refuse({ErrorKind::Network, tr("The outer cluster is not connected.").toStdString(), {}, 0, 0});
        return;
    }
    connect(m_run.get(), &ClusterRun::changed, this, &PrepareModel::followRehearsal);
    Q_EMIT planChanged();
}

void PrepareModel::followRehearsal()
{
    if (m_run && !m_run->active()) {
        m_making = m_run->phase() == ClusterRun::Phase::Done ? Making::Accepted : Making::Refused;
        m_planError = m_run->error();
    }
    Q_EMIT planChanged();
}

ClusterRun* PrepareModel::carryOut()
{
    if (m_making != Making::Accepted || !m_plan)
        return nullptr;
    const provision::Plan plan = *m_plan;
    return m_runs->carryOut(m_source, plan);
}

} // namespace strata::ui
