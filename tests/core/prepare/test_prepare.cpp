// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/translate.h"
#include "core/prepare/matrixtext.h"
#include "core/prepare/matrixwords.h"
#include "core/prepare/plan.h"
#include "core/prepare/source.h"
#include "core/provision/recipes/create_objects.h"
#include "tests/core/prepare/testbundle.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

using namespace strata;
using namespace strata::prepare;
using provision::Json;

namespace {

Json parsed(const char* text)
{
    return Json::parse(text);
}

std::string replacedOnce(std::string text, const std::string& what, const std::string& by)
{
    const std::size_t at = text.find(what);
    if (at == std::string::npos)
        qFatal("“%s” is not in the text", what.c_str());
    return text.replace(at, what.size(), by);
}

Object deployment(const std::string& ns, const std::string& name, const std::string& image, int wanted = 1,
                  int there = 1)
{
    Object out("apps/v1", "Deployment", ns, name);
    Json& json = out.edit();
    json["spec"]["replicas"] = wanted;
    json["spec"]["template"]["spec"]["containers"] =
        Json::array({Json{{"name", "manager"}, {"image", image}}});
    json["status"]["availableReplicas"] = there;
    return out;
}

Object daemonSet(const std::string& ns, const std::string& name, const std::string& image)
{
    Object out("apps/v1", "DaemonSet", ns, name);
    Json& json = out.edit();
    json["spec"]["template"]["spec"]["containers"] = Json::array({Json{{"name", "agent"}, {"image", image}}});
    json["status"]["desiredNumberScheduled"] = 3;
    json["status"]["numberAvailable"] = 3;
    return out;
}

// A whole platform; its versions as asked for.
Listed wholeSite(const std::string& kubernetes = "v1.34.1", const std::string& kubevirt = "v1.8.4",
                 const std::string& capi = "v1.12.11", const std::string& capk = "v0.11.2")
{
    Listed out;
    out.server = "https://outer";
    out.kubernetes = kubernetes;
    out.nodes = 3;
    out.groups = {"metrics.k8s.io"};
    const auto image = [&](const std::string& id) -> std::string {
        if (id == "cert-manager")
            return "quay.io/jetstack/cert-manager-controller:v1.21.1";
        if (id == "kubevirt")
            return "quay.io/kubevirt/virt-operator:" + kubevirt;
        if (id == "cdi")
            return "quay.io/kubevirt/cdi-operator:v1.66.0";
        if (id == "infrastructure-kubevirt")
            return "quay.io/capk/capk-manager:" + capk;
        return "registry.k8s.io/cluster-api/" + builtinMatrix().find(id)->image + ":" + capi;
    };
    for (const ComponentSpec& spec : builtinMatrix().components) {
        for (const std::string& name : spec.deployments)
            out.deployments.push_back(deployment(
                spec.ns, name, &name == &spec.deployments.front() ? image(spec.id) : "example/" + name));
        for (const std::string& name : spec.daemonSets)
            out.daemonSets.push_back(daemonSet(spec.ns, name, "example/" + name));
        for (const auto* kinds : {&spec.kinds, &spec.servedKinds}) {
            for (const std::string& kind : *kinds)
                out.definitions.emplace_back("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", kind);
        }
        if (spec.provider) {
            Object entry("clusterctl.cluster.x-k8s.io/v1alpha3", "Provider", spec.ns, spec.provider->label);
            entry.edit()["version"] = ImageName::parse(image(spec.id)).tag;
            out.providers.push_back(std::move(entry));
        }
        if (spec.resource) {
            Object resource(spec.resource->apiVersion, spec.resource->kind, spec.resource->ns,
                            spec.resource->name);
            Json& json = resource.edit();
            json["status"]["phase"] = "Deployed";
            json["status"][spec.id == "cdi" ? "observedVersion" : "observedKubeVirtVersion"] =
                ImageName::parse(image(spec.id)).tag;
            json["status"]["conditions"] = Json::array({Json{{"type", "Available"}, {"status", "True"}}});
            out.resources[spec.id].push_back(std::move(resource));
        }
    }
    out.daemonSets.push_back(daemonSet("kube-system", "cilium", "quay.io/cilium/cilium:v1.18.1"));
    Object storage("storage.k8s.io/v1", "StorageClass", "", "rbd");
    storage.edit()["provisioner"] = "rook-ceph.rbd.csi.ceph.com";
    storage.setAnnotation("storageclass.kubernetes.io/is-default-class", "true");
    out.storageClasses.push_back(std::move(storage));
    return out;
}

Proposal proposalFor(const Listed& listed)
{
    return propose(detect(listed, builtinMatrix()), builtinMatrix());
}

std::map<std::string, std::string> filesOf(const std::string& id)
{
    for (const demosite::PlatformComponent& each : demosite::platformManifests()) {
        if (each.id == id)
            return each.files;
    }
    return {};
}

Result<Part> partOf(const std::string& id, const std::string& version,
                    std::map<std::string, std::string> files, const PartOptions& options = {})
{
    return makePart(*builtinMatrix().find(id), builtinMatrix(), version, files, options);
}

std::string textOf(const Part& part)
{
    return provision::toYaml(part.objects);
}

} // namespace

class TestPrepare : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void versionsAreOrdered()
    {
        const auto v = [](const char* text) { return *Version::parse(text); };
        QVERIFY(v("v1.9.0") < v("v1.10.0"));
        QVERIFY(v("v1.14.0-rc.0") < v("v1.14.0"));
        QVERIFY(v("v1.14.0-rc.2") < v("v1.14.0-rc.10"));
        QVERIFY(v("v1.14.0-beta.1") < v("v1.14.0-rc.0"));
        QVERIFY(v("1.34.1+k3s1") == v("v1.34.1"));
        QCOMPARE(v("v1.14.0-rc.0").text(), std::string("v1.14.0-rc.0"));
        QCOMPARE(v("v1.34.1").series(), std::string("1.34"));
        for (const char* bad : {"", "latest", "v1", "v1.2.3.4", "v1.x.0", "v-1.2.0", "v1.2.3-", "v1.2.3-a b"})
            QVERIFY2(!Version::parse(bad), bad);
        QVERIFY((SeriesRange{"1.9", "1.11"}.holds(v("v1.10.3"))));
        QVERIFY(!(SeriesRange{"1.9", "1.11"}.holds(v("v1.12.0"))));
        QVERIFY((SeriesRange{"", "1.15"}.holds(v("v0.1.0"))));
    }

    // What the data tells in words can be said in another language; products keep their names.
    void theMatrixCanBeTranslated()
    {
        const auto plain = parseMatrix(matrixText(), "prepare.yaml");
        QVERIFY(plain);
        std::set<std::string> listed(matrixWords().begin(), matrixWords().end());
        QCOMPARE(listed.size(), matrixWords().size());
        std::set<std::string> told;
        const std::set<std::string> products{"cert-manager", "KubeVirt", "CDI", "Cluster API"};
        for (const ComponentSpec& spec : plain->components) {
            if (products.count(spec.title) == 0)
                told.insert(spec.title);
            told.insert(spec.purpose);
            for (const Gate& gate : spec.gates)
                told.insert(gate.text);
        }
        for (const ObservedSpec& spec : plain->observed) {
            told.insert(spec.title);
            told.insert(spec.absent);
            for (const ObservedSpec::Known& known : spec.known)
                if (listed.count(known.name) != 0) // the others are products
                    told.insert(known.name);
        }
        for (const AddonSpec& spec : plain->addons)
            if (listed.count(spec.title) != 0) // the same
                told.insert(spec.title);
        for (const std::string& text : told)
            QVERIFY2(listed.count(text) != 0, (text + " is not in matrixwords.cpp").c_str());
        for (const std::string& text : listed)
            QVERIFY2(told.count(text) != 0, (text + " is not in prepare.yaml").c_str());

        setTranslator([](const char* context, const char* text) {
            return std::string(context) == "prepare" && std::string(text) != "KubeVirt"
                       ? "«" + std::string(text) + "»"
                       : std::string(text);
        });
        const Matrix other = translated(*plain);
        setTranslator(nullptr);
        const ComponentSpec& kubevirt = *other.find("kubevirt");
        QCOMPARE(kubevirt.title, std::string("KubeVirt"));
        QCOMPARE(kubevirt.purpose, std::string("«Virtual machines as objects of the outer cluster»"));
        QCOMPARE(kubevirt.gates.front().text, std::string("«Snapshots of VMs and their volumes»"));
        QCOMPARE(kubevirt.gates.front().name, std::string("Snapshot"));
        QCOMPARE(other.observed.front().absent, std::string("«Nodes do not become Ready without one.»"));
    }

    void theMatrixIsWhatTheProgramReads()
    {
        QFile file(QStringLiteral(STRATA_PREPARE));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(QByteArray::fromStdString(std::string(matrixText())), file.readAll());
        const Matrix& matrix = builtinMatrix();
        QCOMPARE(matrix.components.size(), std::size_t(7));
        QVERIFY(matrix.find("kubevirt")->resource.has_value());
        QCOMPARE(matrix.releasesOf(*matrix.find("bootstrap-kubeadm")).id, std::string("cluster-api"));
        // Faults name the field.
        const auto wrong = parseMatrix(replacedOnce(std::string(matrixText()), "purpose:", "porpoise:"), "m");
        QVERIFY(!wrong);
        QVERIFY2(wrong.error().detail.find("purpose") != std::string::npos ||
                     wrong.error().detail.find("porpoise") != std::string::npos,
                 wrong.error().detail.c_str());
        QVERIFY(!parseMatrix(
            replacedOnce(std::string(matrixText()), "after: [cert-manager]", "after: [nobody]"), "m"));
        QVERIFY(
            !parseMatrix(replacedOnce(std::string(matrixText()), "newest: v1.9.0", "newest: v1.8.0"), "m"));
        QVERIFY(!parseMatrix(
            replacedOnce(std::string(matrixText()), "provides: load-balancer", "provides: nothing"), "m"));
    }

    void variables_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("wanted"); // "!" and words: an error that has them
        const auto row = [](const char* text, const char* wanted) {
            QTest::newRow(text) << QString::fromUtf8(text) << QString::fromUtf8(wanted);
        };
        row("a: ${A}", "a: alpha");
        row("${ A }${ A}${A }", "alphaalphaalpha");
        row("${NONE:=word}", "word");
        row("${NONE:-word}", "word");
        row("${NONE=word}", "word");
        row("${A:=word}", "alpha");
        row("${EMPTY:=word}", "word");
        row("${NONE:=}", "");
        row("${NONE:=a ${A} b}", "a alpha b");
        row("$$ and $${A} and $A", "$ and ${A} and $A");
        row("100%", "100%");
        row("${A^}${A^^}", "AlphaALPHA");
        row("${UP,}${UP,,}", "uPup");
        row("${#A}", "5");
        row("${A:1}|${A:1:2}|${A:0:99}|${A:-2}", "lpha|lp|alpha|alpha");
        row("${A/a/b}|${A//a/b}", "blpha|blphb");
        row("${A/#al/X}|${A/%ha/X}|${A/#ha/X}", "Xpha|alpX|alpha");
        row("${A#a*}|${A##a*}|${A%a*}|${A%%l*}", "lpha||alph|a");
        row("${NONE/a/b}", "");
        row("${NONE}\n${OTHER}", "!NONE, OTHER");
        row("x\n${", "!line 2");
        row("${A", "!line 1");
        row("${A!}", "!line 1");
    }
    void variables()
    {
        QFETCH(QString, text);
        QFETCH(QString, wanted);
        const Lookup lookup = [](const std::string& name) -> std::optional<std::string> {
            static const std::map<std::string, std::string> all = {
                {"A", "alpha"}, {"EMPTY", ""}, {"UP", "UP"}};
            const auto found = all.find(name);
            return found != all.end() ? std::optional(found->second) : std::nullopt;
        };
        const auto done = substitute(text.toStdString(), "f.yaml", lookup);
        if (wanted.startsWith(QLatin1Char('!'))) {
            QVERIFY(!done);
            QVERIFY2(QString::fromStdString(done.error().text).contains(wanted.mid(1)),
                     done.error().text.c_str());
            return;
        }
        QVERIFY2(done, done ? "" : done.error().text.c_str());
        QCOMPARE(QString::fromStdString(*done), wanted);
    }

    void variablesAreListed()
    {
        const auto all = variablesOf("${B:=x}${A}${ C }${B}${D^^}", "f");
        QVERIFY(all);
        QCOMPARE(all->size(), std::size_t(4));
        QCOMPARE((*all)[0].name, std::string("A"));
        QVERIFY((*all)[0].required && (*all)[2].required);
        QVERIFY(!(*all)[1].required && !(*all)[3].required);
        QCOMPARE((*all)[1].byDefault, std::string("x"));
    }

    void nothingIsThere()
    {
        Listed listed;
        listed.kubernetes = "v1.34.1";
        const Picture picture = detect(listed, builtinMatrix());
        for (const Finding& finding : picture.components) {
            QCOMPARE(finding.presence, Presence::Absent);
            QVERIFY(finding.missing.empty());
        }
        for (const Sight& sight : picture.observed)
            QCOMPARE(sight.presence, Presence::Absent);
        const Proposal proposal = propose(picture, builtinMatrix());
        const std::vector<std::pair<std::string, std::string>> wanted = {
            {"cert-manager", "v1.21.1"},
            {"kubevirt", "v1.9.0"},
            {"cdi", "v1.66.0"},
            {"cluster-api", "v1.14.0"},
            {"bootstrap-kubeadm", "v1.14.0"},
            {"control-plane-kubeadm", "v1.14.0"},
            {"infrastructure-kubevirt", "v0.11.2"}};
        QCOMPARE(proposal.wishes.size(), wanted.size());
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            QCOMPARE(proposal.wishes[i].id, wanted[i].first);
            QCOMPARE(proposal.wishes[i].version, wanted[i].second);
            QCOMPARE(proposal.wishes[i].deed, Deed::Install);
        }
        QVERIFY(proposal.wish("cluster-api")->gates.count("CLUSTER_TOPOLOGY") == 1);
        QVERIFY(proposal.wish("kubevirt")->gates.count("HotplugVolumes") == 1);
        QVERIFY(proposal.wish("kubevirt")->gates.count("LiveMigration") == 0); // needs no gate any more
        QVERIFY(objections(proposal.wishes, picture, builtinMatrix()).empty());
    }

    void aWholeSiteIsFine()
    {
        const Picture picture = detect(wholeSite(), builtinMatrix());
        for (const Finding& finding : picture.components)
            QVERIFY2(finding.presence == Presence::Installed,
                     (finding.id + ": " + (finding.missing.empty() ? "" : finding.missing[0]) +
                      (finding.ailments.empty() ? "" : finding.ailments[0]))
                         .c_str());
        const Proposal proposal = propose(picture, builtinMatrix());
        QCOMPARE(proposal.opinion("kubevirt")->standing, Standing::CanUpgrade); // 1.9 is there
        QCOMPARE(proposal.opinion("cluster-api")->standing, Standing::CanUpgrade);
        QCOMPARE(proposal.opinion("cdi")->standing, Standing::Fine);
        QVERIFY(proposal.nothingToDo());
        QCOMPARE(picture.observed[0].name, std::string("Cilium v1.18.1"));
        QVERIFY(picture.observed[1].name.find("Ceph") != std::string::npos);
        QVERIFY2(picture.observed[1].words.find("rbd") != std::string::npos,
                 picture.observed[1].words.c_str());
        QCOMPARE(picture.observed[2].presence, Presence::Absent);
    }

    void versionsAreJudged()
    {
        // KubeVirt 1.8 does not know Kubernetes 1.36; 1.9 does.
        Proposal proposal = proposalFor(wholeSite("v1.36.1"));
        QCOMPARE(proposal.opinion("kubevirt")->standing, Standing::MustUpgrade);
        QCOMPARE(proposal.wish("kubevirt")->version, std::string("v1.9.0"));
        QVERIFY2(proposal.opinion("kubevirt")->reason.find("1.36") != std::string::npos,
                 proposal.opinion("kubevirt")->reason.c_str());
        // One minor version at a time: from 1.7 there is no way to 1.9 in one step.
        proposal = proposalFor(wholeSite("v1.34.1", "v1.7.4"));
        QCOMPARE(proposal.opinion("kubevirt")->standing, Standing::CanUpgrade);
        const Picture old = detect(wholeSite("v1.34.1", "v1.7.4"), builtinMatrix());
        QCOMPARE(versionsFor(*builtinMatrix().find("kubevirt"), builtinMatrix(), old),
                 (std::vector<std::string>{"v1.8.4", "v1.7.4"}));
        // The first patch that knows a Kubernetes.
        proposal = proposalFor(wholeSite("v1.36.0", "v1.9.0", "v1.12.2"));
        QCOMPARE(proposal.opinion("cluster-api")->standing, Standing::MustUpgrade);
        QVERIFY2(proposal.opinion("cluster-api")->reason.find("v1.12.8") != std::string::npos,
                 proposal.opinion("cluster-api")->reason.c_str());
        // An old pair: the provider does not go with that core.
        proposal = proposalFor(wholeSite("v1.34.1", "v1.9.0", "v1.10.4", "v0.11.2"));
        QCOMPARE(proposal.opinion("cluster-api")->standing, Standing::MustUpgrade);
        // Nothing goes with a Kubernetes of the past.
        Listed ancient;
        ancient.kubernetes = "v1.28.0";
        proposal = proposalFor(ancient);
        QCOMPARE(proposal.opinion("kubevirt")->standing, Standing::Conflict);
        QVERIFY(!proposal.wish("kubevirt")->possible);
        // Newer than this program.
        proposal = proposalFor(wholeSite("v1.34.1", "v2.0.0"));
        QCOMPARE(proposal.opinion("kubevirt")->standing, Standing::Fine);
    }

    void whatIsHalfThereIsNamed()
    {
        Listed listed = wholeSite();
        listed.resources.clear();
        listed.daemonSets.clear();
        listed.deployments.erase(std::remove_if(listed.deployments.begin(), listed.deployments.end(),
                                                [](const Object& each) { return each.name() == "virt-api"; }),
                                 listed.deployments.end());
        const Picture picture = detect(listed, builtinMatrix());
        const Finding* kubevirt = picture.find("kubevirt");
        QCOMPARE(kubevirt->presence, Presence::Half);
        QCOMPARE(kubevirt->missing,
                 (std::vector<std::string>{"Deployment kubevirt/virt-api", "DaemonSet kubevirt/virt-handler",
                                           "KubeVirt kubevirt/kubevirt"}));
        const Proposal proposal = propose(picture, builtinMatrix());
        QCOMPARE(proposal.opinion("kubevirt")->standing, Standing::Repair);
        QCOMPARE(proposal.wish("kubevirt")->deed, Deed::Repair);
        QCOMPARE(proposal.wish("kubevirt")->version, std::string("v1.8.4"));

        // Complete, but not well.
        listed = wholeSite();
        for (Object& each : listed.deployments) {
            if (each.name() == "virt-controller")
                each.edit()["status"]["availableReplicas"] = 0;
        }
        listed.resources["kubevirt"][0].edit()["status"]["conditions"] = parsed(
            R"([{"type":"Available","status":"False","reason":"X","message":"virt-controller is missing"}])");
        const Picture ill = detect(listed, builtinMatrix());
        QCOMPARE(ill.find("kubevirt")->presence, Presence::Ailing);
        QCOMPARE(ill.find("kubevirt")->ailments.size(), std::size_t(2));
        QVERIFY(ill.find("kubevirt")->ailments[1].find("virt-controller is missing") != std::string::npos);
        QCOMPARE(propose(ill, builtinMatrix()).wish("kubevirt")->deed, Deed::Leave);
    }

    void whoeverInstallsItDecides()
    {
        Listed listed = wholeSite();
        Object hco("hco.kubevirt.io/v1beta1", "HyperConverged", "kubevirt-hyperconverged",
                   "kubevirt-hyperconverged");
        listed.managers["hyperconvergeds.hco.kubevirt.io"].push_back(hco);
        const Picture picture = detect(listed, builtinMatrix());
        Proposal proposal = propose(picture, builtinMatrix());
        QVERIFY(!proposal.wish("kubevirt")->possible);
        QVERIFY(proposal.opinion("kubevirt")->reason.find("HyperConverged") != std::string::npos);
        proposal.wish("kubevirt")->deed = Deed::Upgrade;
        const auto wrong = objections(proposal.wishes, picture, builtinMatrix());
        QCOMPARE(wrong.size(), std::size_t(1));
        QVERIFY(wrong[0].text.find("HyperConverged") != std::string::npos);
        // Not allowed to look: nothing is proposed.
        listed.unseen["deployments"] = "deployments is forbidden";
        QCOMPARE(detect(listed, builtinMatrix()).find("cdi")->presence, Presence::Unseen);
        QVERIFY(proposalFor(listed).nothingToDo());
    }

    void wishesAreObjectedTo()
    {
        const Matrix& matrix = builtinMatrix();
        const Picture whole = detect(wholeSite(), matrix);
        const auto said = [&](const char* id, Deed deed, const char* version) {
            Proposal proposal = propose(whole, matrix);
            proposal.wish(id)->deed = deed;
            proposal.wish(id)->version = version;
            std::string out;
            for (const Objection& each : objections(proposal.wishes, whole, matrix))
                out += each.text + "\n";
            return out;
        };
        QVERIFY(said("kubevirt", Deed::Upgrade, "v1.9.0").empty());
        QVERIFY(said("kubevirt", Deed::Upgrade, "v7.0.0").find("no version") != std::string::npos);
        QVERIFY(said("kubevirt", Deed::Upgrade, "nonsense").find("no version") != std::string::npos);
        QVERIFY(said("kubevirt", Deed::Upgrade, "v1.7.4").find("going back") != std::string::npos);
        QVERIFY(said("infrastructure-kubevirt", Deed::Upgrade, "v0.1.9").find("goes with") !=
                std::string::npos);
        QVERIFY(said("bootstrap-kubeadm", Deed::Upgrade, "v1.14.0").find("must have the version") !=
                std::string::npos);
        // With its leader it may.
        Proposal proposal = propose(whole, matrix);
        proposal.wish("cluster-api")->deed = Deed::Upgrade;
        proposal.wish("cluster-api")->version = "v1.14.0";
        follow(proposal.wishes, whole, matrix);
        QCOMPARE(proposal.wish("bootstrap-kubeadm")->version, std::string("v1.14.0"));
        QCOMPARE(proposal.wish("control-plane-kubeadm")->deed, Deed::Upgrade);
        QVERIFY(objections(proposal.wishes, whole, matrix).empty());
        // What is needed must come along.
        Listed empty;
        empty.kubernetes = "v1.34.1";
        const Picture bare = detect(empty, matrix);
        proposal = propose(bare, matrix);
        proposal.wish("cert-manager")->deed = Deed::Leave;
        const auto wrong = objections(proposal.wishes, bare, matrix);
        QCOMPARE(wrong.size(), std::size_t(1));
        QCOMPARE(wrong[0].id, std::string("cluster-api"));
    }

    void objectsAreThoseOfClusterctl()
    {
        PartOptions options;
        options.gates = {"CLUSTER_TOPOLOGY"};
        const auto part = partOf("cluster-api", "v1.14.0", filesOf("cluster-api"), options);
        QVERIFY2(part, part ? "" : part.error().text.c_str());
        QCOMPARE(part->objects.front().kind(), std::string("Namespace"));
        QCOMPARE(part->objects[1].kind(), std::string("CustomResourceDefinition"));
        for (const Object& object : part->objects) {
            QCOMPARE(object.label("cluster.x-k8s.io/provider"), std::string("cluster-api"));
            QVERIFY(object.json()["metadata"]["labels"].contains("clusterctl.cluster.x-k8s.io"));
        }
        QVERIFY(part->inventory);
        const Json& entry = part->inventory->json();
        QCOMPARE(part->inventory->ns(), std::string("capi-system"));
        QCOMPARE(part->inventory->name(), std::string("cluster-api"));
        QCOMPARE(entry["type"].get<std::string>(), std::string("CoreProvider"));
        QCOMPARE(entry["providerName"].get<std::string>(), std::string("cluster-api"));
        QCOMPARE(entry["version"].get<std::string>(), std::string("v1.14.0"));
        QCOMPARE(part->inventory->label("clusterctl.cluster.x-k8s.io/core"), std::string("inventory"));
        const std::string text = textOf(*part);
        QVERIFY(text.find("ClusterTopology=true") != std::string::npos);
        QVERIFY(text.find("MachinePool=false") != std::string::npos); // its gate is off
        QVERIFY(text.find("RuntimeSDK=false") != std::string::npos);

        const auto certificates = partOf("cert-manager", "v1.21.1", filesOf("cert-manager"));
        QVERIFY(certificates);
        QCOMPARE(certificates->objects.back().label("clusterctl.cluster.x-k8s.io/core"),
                 std::string("cert-manager"));
        QVERIFY(!certificates->inventory);

        PartOptions gates;
        gates.gates = {"Snapshot", "HotplugVolumes"};
        const auto kubevirt = partOf("kubevirt", "v1.9.0", filesOf("kubevirt"), gates);
        QVERIFY(kubevirt && kubevirt->resource);
        QCOMPARE(kubevirt->resource->text("spec.configuration.developerConfiguration.featureGates.1"),
                 std::optional<std::string>("Snapshot"));
        QVERIFY(std::none_of(kubevirt->objects.begin(), kubevirt->objects.end(),
                             [](const Object& each) { return each.kind() == "KubeVirt"; }));
    }

    void manifestsOfSomethingElseAreRefused()
    {
        const auto refused = [](const Result<Part>& part, const char* words) {
            if (part)
                return std::string("accepted");
            return part.error().text.find(words) != std::string::npos ? std::string() : part.error().text;
        };
        auto files = filesOf("cluster-api");
        QCOMPARE(refused(partOf("cluster-api", "v1.13.5", files), "is that of v1.14.0"), std::string());
        QCOMPARE(refused(partOf("cluster-api", "v1.14.0", {}), "core-components.yaml is missing"),
                 std::string());
        std::string& text = files["core-components.yaml"];
        const std::string whole = text;
        text = replacedOnce(whole, "\"clusters.cluster.x-k8s.io\"", "\"klusters.cluster.x-k8s.io\"");
        QCOMPARE(refused(partOf("cluster-api", "v1.14.0", files), "lacks the definition of clusters"),
                 std::string());
        text = whole.substr(0, whole.size() / 2) + "\n\"";
        QVERIFY(!partOf("cluster-api", "v1.14.0", files));
        text = replacedOnce(whole, "${CLUSTER_TOPOLOGY:=false}", "${CLUSTER_TOPOLOGY}${SOME_TOKEN}");
        QCOMPARE(refused(partOf("cluster-api", "v1.14.0", files), "SOME_TOKEN"), std::string());
        text = replacedOnce(whole, "cluster-api-controller", "another-controller");
        QCOMPARE(refused(partOf("cluster-api", "v1.14.0", files), "no Deployment"), std::string());
        PartOptions options;
        options.variables = [](const std::string& name) {
            return name == "SOME_TOKEN" ? std::optional<std::string>("t0ken") : std::nullopt;
        };
        text = replacedOnce(whole, "${CLUSTER_TOPOLOGY:=false}", "${SOME_TOKEN}");
        const auto good = partOf("cluster-api", "v1.14.0", files, options);
        QVERIFY(good);
        QVERIFY(textOf(*good).find("ClusterTopology=t0ken") != std::string::npos);
    }

    void imagesComeFromTheMirror()
    {
        QCOMPARE(mirrored("quay.io/a/b:v1", "reg.lan/m"), std::string("reg.lan/m/quay.io/a/b:v1"));
        QCOMPARE(mirrored("a/b@sha256:00", "reg.lan"), std::string("reg.lan/docker.io/a/b@sha256:00"));
        QCOMPARE(mirrored("busybox", "reg.lan"), std::string("reg.lan/docker.io/library/busybox"));
        QCOMPARE(mirrored("reg.lan/quay.io/a/b:v1", "reg.lan"), std::string("reg.lan/quay.io/a/b:v1"));
        QCOMPARE(mirrored("quay.io/a/b:v1", ""), std::string("quay.io/a/b:v1"));
        const std::string deployment =
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cdi-operator, namespace: cdi}\nspec:\n"
            "  template:\n    spec:\n      initContainers: [{name: i, image: 'quay.io/x/init:v1'}]\n"
            "      containers:\n      - name: cdi-operator\n        image: "
            "quay.io/kubevirt/cdi-operator:v1.66.0\n"
            "        args: ['--acme-http01-solver-image=quay.io/x/solver:v1', '--v=2']\n"
            "        env: [{name: IMPORTER_IMAGE, value: 'quay.io/kubevirt/cdi-importer:v1.66.0'},"
            " {name: VERBOSITY, value: a/b}]\n---\n";
        auto files = filesOf("cdi");
        files["cdi-operator.yaml"] = deployment + files["cdi-operator.yaml"];
        PartOptions options;
        options.mirror = "reg.lan/m";
        const auto part = partOf("cdi", "v1.66.0", files, options);
        QVERIFY2(part, part ? "" : part.error().text.c_str());
        const std::string text = textOf(*part);
        for (const char* there :
             {"reg.lan/m/quay.io/x/init:v1", "--acme-http01-solver-image=reg.lan/m/quay.io/x/solver:v1",
              "reg.lan/m/quay.io/kubevirt/cdi-importer:v1.66.0",
              "reg.lan/m/quay.io/kubevirt/cdi-operator:v1.66.0", "value: a/b"})
            QVERIFY2(text.find(there) != std::string::npos, there);
        QVERIFY(std::find(part->images.begin(), part->images.end(), "quay.io/x/solver:v1") !=
                part->images.end());
        const auto kubevirt = partOf("kubevirt", "v1.9.0", filesOf("kubevirt"));
        QVERIFY(kubevirt);
        QVERIFY(std::find(kubevirt->images.begin(), kubevirt->images.end(),
                          "quay.io/kubevirt/virt-launcher:v1.9.0") != kubevirt->images.end());
    }

    void brokenBundles_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("words");
        QTest::newRow("no index") << "no index"
                                  << "no index.yaml";
        QTest::newRow("sum") << "sum"
                             << "SHA-256 is another";
        QTest::newRow("file") << "file"
                              << "lacks the file";
        QTest::newRow("yaml") << "yaml"
                              << "index.yaml";
        QTest::newRow("kind") << "kind"
                              << "not strata/v1 PrepareBundle";
        QTest::newRow("dots") << "dots"
                              << "does not stay in the folder";
        QTest::newRow("absolute") << "absolute"
                                  << "does not stay in the folder";
        QTest::newRow("link") << "link"
                              << "does not stay in its folder";
        QTest::newRow("no sum") << "no sum"
                                << "has no SHA-256";
        QTest::newRow("twice") << "twice"
                               << "stands there twice";
        QTest::newRow("component") << "component"
                                   << "holds no KubeVirt";
        QTest::newRow("version") << "version"
                                 << "not v1.9.0";
        QTest::newRow("content") << "content"
                                 << "kubevirt v1.9.0, kubevirt-operator.yaml";
    }
    void brokenBundles()
    {
        QFETCH(QString, what);
        QFETCH(QString, words);
        QTemporaryDir temporary;
        const std::string folder = temporary.path().toStdString() + "/bundle";
        const bool inside = what == QLatin1String("content");
        QVERIFY(test::writeTestBundle(folder,
                                      what == QLatin1String("version")
                                          ? std::map<std::string, std::string>{{"kubevirt", "v1.8.4"}}
                                          : std::map<std::string, std::string>{},
                                      [&](demosite::PlatformComponent& each) {
                                          if (what == QLatin1String("component") && each.id == "kubevirt")
                                              each.files.clear();
                                          if (inside && each.id == "kubevirt")
                                              each.files["kubevirt-operator.yaml"] = "a: [b\n";
                                      }));
        const QString index = QString::fromStdString(folder) + QStringLiteral("/index.yaml");
        const QString path =
            QString::fromStdString(folder) + QStringLiteral("/kubevirt/v1.9.0/kubevirt-operator.yaml");
        const auto edit = [](const QString& name, const std::function<QByteArray(QByteArray)>& change) {
            QFile file(name);
            if (!file.open(QIODevice::ReadOnly))
                qFatal("cannot read");
            const QByteArray text = change(file.readAll());
            file.close();
            if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate) || file.write(text) != text.size())
                qFatal("cannot write");
        };
        if (what == QLatin1String("no index"))
            QVERIFY(QFile::remove(index));
        else if (what == QLatin1String("sum"))
            edit(path, [](const QByteArray& text) { return text + "# more\n"; });
        else if (what == QLatin1String("file"))
            QVERIFY(QFile::remove(path));
        else if (what == QLatin1String("yaml"))
            edit(index, [](const QByteArray& text) { return text + "\n  - [\n"; });
        else if (what == QLatin1String("kind"))
            edit(index, [](QByteArray text) { return text.replace("PrepareBundle", "Something"); });
        else if (what == QLatin1String("dots"))
            edit(index, [](QByteArray text) {
                return text.replace("kubevirt/v1.9.0/kubevirt-operator.yaml", "kubevirt/../../x.yaml");
            });
        else if (what == QLatin1String("absolute"))
            edit(index, [](QByteArray text) {
                return text.replace("kubevirt/v1.9.0/kubevirt-operator.yaml", "/etc/hostname");
            });
        else if (what == QLatin1String("link")) {
            QVERIFY(QFile::rename(path, temporary.path() + QStringLiteral("/outside.yaml")));
            QVERIFY(QFile::link(temporary.path() + QStringLiteral("/outside.yaml"), path));
        } else if (what == QLatin1String("no sum"))
            edit(index, [](QByteArray text) { return text.replace("sha256: ", "sha256: x"); });
        else if (what == QLatin1String("twice"))
            edit(index, [](QByteArray text) { return text.replace("id: cdi", "id: kubevirt"); });
        Listed empty;
        empty.kubernetes = "v1.34.1";
        Source source;
        source.bundle = folder;
        source.environment = false;
        const auto parts = loadParts(proposalFor(empty).wishes, builtinMatrix(), source);
        QVERIFY(!parts);
        QVERIFY2(QString::fromStdString(parts.error().text).contains(words), parts.error().text.c_str());
    }

    void aBundleIsReadAsItWasWritten()
    {
        QTemporaryDir temporary;
        const auto bundle = test::writeTestBundle(temporary.path().toStdString());
        QVERIFY(bundle);
        QCOMPARE(bundle->components.size(), std::size_t(7));
        QVERIFY(QFile::exists(temporary.filePath(QStringLiteral("images.txt"))));
        QCOMPARE(sha256("abc"),
                 std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        Listed empty;
        empty.kubernetes = "v1.34.1";
        std::vector<Wish> wishes = proposalFor(empty).wishes;
        QVERIFY(offer(wishes, *bundle, builtinMatrix()).empty());
        Source source;
        source.bundle = bundle->folder;
        const auto parts = loadParts(wishes, builtinMatrix(), source);
        QVERIFY2(parts, parts ? "" : parts.error().text.c_str());
        QCOMPARE(parts->size(), std::size_t(7));
        QCOMPARE(parts->front().id, std::string("cert-manager"));

        // The plan of all of it: in an order, and without what stands already.
        PlanOptions options;
        options.id = "abcdefghij0123456789";
        const provision::Plan plan = makePlan(*parts, {}, builtinMatrix(), options);
        QVERIFY(provision::check(plan));
        const auto before = [&](const char* earlier, const char* later) {
            std::set<std::string> open = {later};
            while (!open.empty()) {
                const std::string id = *open.begin();
                open.erase(open.begin());
                if (id == earlier)
                    return true;
                if (const provision::Step* step = plan.step(id))
                    open.insert(step->after.begin(), step->after.end());
            }
            return false;
        };
        QVERIFY(before("namespaces", "cert-manager-kinds"));
        QVERIFY(before("cert-manager-answers", "cluster-api-kinds"));
        QVERIFY(before("cluster-api-inventory", "bootstrap-kubeadm-kinds"));
        QVERIFY(before("kubevirt-deployed", "infrastructure-kubevirt-kinds"));
        QVERIFY(!before("cert-manager-runs", "kubevirt-deployed")); // side by side
        for (const provision::Step& step : plan.steps) {
            for (const provision::Write& write : step.writes)
                QVERIFY(write.verb == provision::Verb::Delete ||
                        provision::planOf(write.object) == options.id);
        }
        QVERIFY(provision::planFromJson(provision::planToJson(plan)));
    }

    // Longhorn in the index, Calico and a storage class beside it, and what is neither: all of it is told,
    // what is known by its name, and only what is chosen becomes a part of the plan.
    void nothingOfAFolderIsPassedOver()
    {
        QTemporaryDir temporary;
        const Bundle bundle = test::writeTestBundleWithAddons(temporary.path().toStdString() + "/bundle");
        const std::vector<Addon> addons = readAddons(bundle, builtinMatrix());
        QStringList told;
        for (const Addon& addon : addons)
            told << QString::fromStdString(addon.id + "|" + addon.title + "|" + addon.version + "|" +
                                           contentOf(addon) + "|" + addon.problem);
        const auto find = [&](const char* id) -> const Addon& {
            const auto found =
                std::find_if(addons.begin(), addons.end(), [&](const Addon& each) { return each.id == id; });
            if (found == addons.end())
                qFatal("no %s in: %s", id, qPrintable(told.join(QLatin1Char('\n'))));
            return *found;
        };
        QCOMPARE(addons.size(), std::size_t(8));
        const Addon& longhorn = find("longhorn");
        QCOMPARE(longhorn.title, std::string("Longhorn"));
        QCOMPARE(longhorn.version, std::string("v1.9.1"));
        QCOMPARE(contentOf(longhorn),
                 std::string("1 Namespace, 1 CustomResourceDefinition, 1 Volume, 1 Deployment, 1 DaemonSet"));
        QVERIFY(longhorn.summed());
        QVERIFY(longhorn.problem.empty());
        const Addon& calico = find("cni"); // a folder without a name that says it
        QCOMPARE(calico.title, std::string("Calico"));
        QCOMPARE(calico.version, std::string("v3.31.4"));
        QVERIFY(!calico.summed());
        const Addon& own = find("quota.yaml");
        QVERIFY(own.known.empty());
        QCOMPARE(own.title, std::string("quota.yaml"));
        QVERIFY(own.problem.empty());
        QVERIFY2(find("broken.yaml").problem.find("broken.yaml") != std::string::npos,
                 find("broken.yaml").problem.c_str());
        QVERIFY2(find("chart").problem.find("helm template") != std::string::npos,
                 find("chart").problem.c_str());
        QVERIFY2(find("kubevirt/v1.8.4").problem.find("KubeVirt") != std::string::npos,
                 find("kubevirt/v1.8.4").problem.c_str());
        QCOMPARE(contentOf(find("images/*")), std::string("images/a.tar"));
        QVERIFY(!find("images/*").problem.empty());
        QCOMPARE(contentOf(find("./*")), std::string("README.md"));

        // What is to be thought of each on a cluster that has Cilium, and Longhorn in another version.
        Listed site = wholeSite();
        site.daemonSets.push_back(
            daemonSet("longhorn-system", "longhorn-manager", "docker.io/longhornio/longhorn-manager:v1.8.0"));
        const Picture picture = detect(site, builtinMatrix());
        QCOMPARE(picture.addons.at("longhorn"), std::string("v1.8.0"));
        QCOMPARE(picture.addons.at("cilium"), std::string("v1.18.1"));
        QCOMPARE(picture.addons.count("calico"), std::size_t(0));
        QCOMPARE(remarkOn(longhorn, picture, builtinMatrix()),
                 std::string("Longhorn v1.8.0 is there already."));
        QVERIFY(remarkOn(calico, picture, builtinMatrix()).find("Cilium") != std::string::npos);
        QCOMPARE(remarkOn(own, picture, builtinMatrix()),
                 std::string("Not known to the support matrix. The index has no checksum of it."));
        QVERIFY(objections({"longhorn", "quota.yaml"}, addons, picture, builtinMatrix()).empty());
        const auto wrong = objections({"cni", "broken.yaml", "nowhere"}, addons, picture, builtinMatrix());
        QCOMPARE(wrong.size(), std::size_t(3));
        QCOMPARE(wrong[0].id, std::string("broken.yaml"));
        QVERIFY(wrong[1].text.find("second pod network beside Cilium v1.18.1") != std::string::npos);
        QVERIFY(wrong[2].text.find("no add-on “nowhere”") != std::string::npos);
    }

    void chosenAddonsBecomeStepsOfThePlan()
    {
        QTemporaryDir temporary;
        const Bundle bundle = test::writeTestBundleWithAddons(temporary.path().toStdString() + "/bundle");
        Listed empty;
        empty.kubernetes = "v1.34.1";
        Source source;
        source.bundle = bundle.folder;
        source.mirror = "reg.lan/m";
        source.environment = false;
        const std::vector<Wish> wishes = proposalFor(empty).wishes;
        const auto without = loadParts(wishes, builtinMatrix(), source);
        QVERIFY2(without, without ? "" : without.error().text.c_str());
        QCOMPARE(without->size(), std::size_t(7));
        source.addons = {"longhorn", "cni", "quota.yaml"};
        const auto parts = loadParts(wishes, builtinMatrix(), source);
        QVERIFY2(parts, parts ? "" : parts.error().text.c_str());
        QCOMPARE(parts->size(), std::size_t(10));
        PlanOptions options;
        options.id = "abcdefghij0123456789";
        const provision::Plan plan = makePlan(*parts, {}, builtinMatrix(), options);
        QVERIFY(provision::check(plan));
        QVERIFY(provision::planFromJson(provision::planToJson(plan)));
        const auto step = [&](const char* id) -> const provision::Step& {
            const provision::Step* found = plan.step(id);
            if (found == nullptr)
                qFatal("no step %s", id);
            return *found;
        };
        // Nothing runs before there is a pod network; settings come when what answers for them runs.
        QCOMPARE(step("addon:cni-kinds").after, (std::vector<std::string>{"inventory"})); // of clusterctl
        QCOMPARE(step("addon:cni-runs").after, (std::vector<std::string>{"addon:cni-kinds"}));
        const auto& first = step("cert-manager-kinds").after;
        QVERIFY(std::find(first.begin(), first.end(), "addon:cni-runs") != first.end());
        QCOMPARE(step("addon:longhorn-settings").after, (std::vector<std::string>{"addon:longhorn-runs"}));
        QCOMPARE(step("addon:longhorn-settings").writes.front().object.kind(), std::string("Volume"));
        QCOMPARE(step("addon:longhorn-runs").waits.back().ref.kind, std::string("DaemonSet"));
        QCOMPARE(step("addon:longhorn-kinds").writes.front().object.annotation("strata.dev/holds-work"),
                 std::string("volumes.longhorn.io"));
        const std::string text = provision::toYaml(step("addon:longhorn-runs").writes.back().object.json());
        QVERIFY2(text.find("reg.lan/m/docker.io/longhornio/longhorn-manager:v1.9.1") != std::string::npos,
                 text.c_str());
        // Where kubectl would put what says no namespace.
        QCOMPARE(step("addon:quota.yaml-runs").writes.front().object.ns(), std::string("default"));
        QVERIFY(step("addon:quota.yaml-runs").title == "quota.yaml");

        // A file that is another than the index says is refused, an add-on that is not there as well.
        QFile file(QString::fromStdString(bundle.folder) + QStringLiteral("/longhorn/longhorn.yaml"));
        QVERIFY(file.open(QIODevice::Append));
        file.write("# more\n");
        file.close();
        const auto changed = loadParts(wishes, builtinMatrix(), source);
        QVERIFY(!changed);
        QVERIFY2(changed.error().text.find("SHA-256 is another") != std::string::npos,
                 changed.error().text.c_str());
        source.addons = {"metallb"};
        const auto nowhere = loadParts(wishes, builtinMatrix(), source);
        QVERIFY(!nowhere);
        QVERIFY(nowhere.error().text.find("no add-on “metallb”") != std::string::npos);
    }

    void onlyDifferencesAreWritten()
    {
        Object wanted("apps/v1", "Deployment", "n", "d");
        wanted.edit()["spec"] =
            parsed(R"({"replicas":1,"template":{"spec":{"containers":[{"name":"m","image":"i:2"}]}}})");
        wanted.setLabel("a", "1");
        Object there("apps/v1", "Deployment", "n", "d");
        there.edit()["spec"] = parsed(
            R"({"replicas":1,"strategy":{"type":"RollingUpdate"},"template":{"spec":{"containers":
                [{"name":"m","image":"i:2","imagePullPolicy":"Always"}],"restartPolicy":"Always"}}})");
        there.setLabel("a", "1");
        there.setLabel("b", "2");
        QVERIFY(differenceOf(wanted, there).none);
        there.edit()["spec"]["template"]["spec"]["containers"][0]["image"] = "i:1";
        there.edit()["metadata"]["labels"].erase("a");
        const Difference difference = differenceOf(wanted, there);
        QCOMPARE(
            difference.patch.json().dump(),
            std::string(
                R"({"metadata":{"labels":{"a":"1"}},"spec":{"template":{"spec":{"containers":[{"name":"m","image":"i:2"}]}}}})"));
        Json back = there.json();
        back.merge_patch(difference.patch.json());
        back.merge_patch(difference.back.json());
        QCOMPARE(back.dump(), there.json().dump());
    }
};

QTEST_GUILESS_MAIN(TestPrepare)
#include "test_prepare.moc"
