// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diagnosis/diagnosis.h"
#include "tests/support/finditem.h"
#include "tests/support/picturesite.h"

#include <QtTest>

#include <functional>

using namespace strata;
using namespace strata::diagnosis;
using namespace strata::stack;
using namespace strata::test;

namespace {

const std::string kVm = "tenant-blue/blue-md-0-x8k1p"; // healthy in the picture
const std::string kMachine = kVm;

template<typename T>
T factOf(const Batch& batch, SourceId source, FactKind kind, const std::string& name)
{
    T out;
    for (const FactChange& change : batch.facts) {
        if (change.key == FactKey{source, kind, name})
            out = std::get<T>(*change.fact);
    }
    return out;
}

// A site, its diagnosis kept up to date by deltas, and edits of single facts.
struct Site {
    Batch initial = pictureSite();
    Stack stack;
    Diagnosis diagnosis;

    Site() { diagnosis.update(stack, stack.apply(initial)); }

    void put(SourceId source, FactKind kind, const std::string& name, Fact fact)
    {
        Batch batch;
        batch.facts.push_back({{source, kind, name}, std::make_shared<const Fact>(std::move(fact))});
        diagnosis.update(stack, stack.apply(batch));
    }

    template<typename T>
    void edit(SourceId source, FactKind kind, const std::string& name, const std::function<void(T&)>& change)
    {
        T fact = factOf<T>(initial, source, kind, name);
        change(fact);
        put(source, kind, name, fact);
    }

    ItemId named(ItemKind kind, const std::string& name) const { return itemNamed(stack, kind, name); }

    // "D4 critical, E1 info": what the rules say of an item.
    QString rulesOf(ItemKind kind, const std::string& name) const
    {
        const std::vector<Finding>* findings = diagnosis.findings(named(kind, name));
        QStringList out;
        if (findings != nullptr) {
            for (const Finding& finding : *findings) {
                static const char* const words[] = {"info", "warning", "critical"};
                out << QString::fromStdString(finding.rule) + QLatin1Char(' ') +
                           QLatin1String(words[static_cast<int>(finding.severity)]);
            }
        }
        return out.join(QLatin1String(", "));
    }
};

Condition condition(const char* type, const char* status, const char* reason = "", const char* message = "")
{
    return {type, status, reason, message, {}, kNow};
}

} // namespace

Q_DECLARE_METATYPE(std::function<void(Site&)>)

class TestDiagnosis : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void thePictureHasItsTwoProblems()
    {
        const Site site;
        const std::vector<Problem> problems = site.diagnosis.problems(site.stack);
        QStringList titles;
        for (const Problem& problem : problems)
            titles << QString::fromStdString(problem.root.title);
        QCOMPARE(problems.front().root.rule, std::string("D4"));
        QCOMPARE(site.stack.find(problems.front().root.subject)->name, std::string("blue-md-0-x8k2p"));
        QCOMPARE(problems.front().nodes, size_t(1));
        QCOMPARE(problems.front().workloads, size_t(2));
        QCOMPARE(problems.front().tenants, size_t(1));
        QCOMPARE(problems.front().root.evidence.front().field, std::string("status.conditions[Paused]"));
        QVERIFY(problems.front().root.evidence.front().value.find("PausedIOError") != std::string::npos);
        bool pressure = false;
        for (const Problem& problem : problems)
            pressure = pressure || problem.root.rule == "A5";
        QVERIFY2(pressure, qPrintable(titles.join(QLatin1Char('\n'))));
        for (const Problem& problem : problems)
            QVERIFY2(problem.root.rule != "G4", qPrintable(titles.join(QLatin1Char('\n'))));
    }

    void whyLeadsFromThePodToTheDisk()
    {
        const Site site;
        const std::vector<Finding> chain =
            site.diagnosis.why(site.stack, site.named(ItemKind::Workload, "checkout"));
        QStringList rules;
        for (const Finding& finding : chain)
            rules << QString::fromStdString(finding.rule);
        QVERIFY2(chain.size() >= 3, qPrintable(rules.join(QLatin1Char(' '))));
        QCOMPARE(rules.mid(0, 3),
                 (QStringList{QStringLiteral("G11"), QStringLiteral("G4"), QStringLiteral("D4")}));
        // From the tenants' side to the same cause.
        const std::vector<Finding> pool =
            site.diagnosis.why(site.stack, site.named(ItemKind::WorkerPool, "blue-md-0"));
        QCOMPARE(pool.back().rule == "D4" || (pool.size() > 1 && pool[pool.size() - 2].rule == "D4"), true);
        QVERIFY(site.diagnosis.why(site.stack, site.named(ItemKind::Workload, "web")).empty());
    }

    void aDeadHostIsOneProblem()
    {
        Site site;
        const std::size_t before = site.diagnosis.problems(site.stack).size();
        site.edit<KubeNodeFact>(kOuter, FactKind::KubeNode, "outer-1", [](KubeNodeFact& node) {
            node.conditions = {condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting")};
        });
        for (const char* name : {"blue-cp-4kx9d", "blue-md-0-x8k1p"})
            site.edit<KubeNodeFact>(kBlue, FactKind::KubeNode, name, [](KubeNodeFact& node) {
                node.conditions = {
                    condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting")};
            });
        const std::vector<Problem> problems = site.diagnosis.problems(site.stack);
        QCOMPARE(problems.size(), before + 1);
        const Problem* dead = nullptr;
        for (const Problem& problem : problems) {
            if (problem.root.rule == "A3")
                dead = &problem;
        }
        QVERIFY(dead != nullptr);
        QCOMPARE(dead->nodes, size_t(2));
    }

    void deltasEqualAFreshLook()
    {
        Site site;
        site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm, [](VmiFact& vmi) {
            vmi.conditions = {condition("Paused", "True", "PausedByUser")};
        });
        site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm, [](VmiFact&) {}); // mended
        Diagnosis fresh;
        Stack again;
        fresh.update(again, again.apply(site.initial));
        QCOMPARE(site.diagnosis.size(), fresh.size());
        QCOMPARE(site.diagnosis.problems(site.stack).size(), fresh.problems(again).size());
    }

    // Every rule fires on its evidence and not on the near miss beside it.
    void rules_data()
    {
        QTest::addColumn<std::function<void(Site&)>>("change");
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("rules");
        const auto row = [](const char* name, std::function<void(Site&)> change, ItemKind kind,
                            const char* item, const char* rules) {
            QTest::newRow(name) << change << static_cast<int>(kind) << QString::fromLatin1(item)
                                << QString::fromLatin1(rules);
        };
        const auto vmi = [](std::vector<Condition> conditions) {
            return [conditions](Site& site) {
                site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm,
                                   [&](VmiFact& fact) { fact.conditions = conditions; });
            };
        };
        const auto printable = [](const char* status) {
            return [status](Site& site) {
                site.edit<VmFact>(kOuter, FactKind::Vm, kVm,
                                  [&](VmFact& vm) { vm.printableStatus = status; });
            };
        };
        const auto host = [](const std::function<void(HostFact&)>& change) {
            return [change](Site& site) { site.edit<HostFact>(kHosts[0], FactKind::Host, "", change); };
        };
        const auto outer = [](const std::function<void(KubeNodeFact&)>& change) {
            return [change](Site& site) {
                site.edit<KubeNodeFact>(kOuter, FactKind::KubeNode, "outer-1", change);
            };
        };
        const auto inner = [](const std::function<void(KubeNodeFact&)>& change) {
            return [change](Site& site) {
                site.edit<KubeNodeFact>(kBlue, FactKind::KubeNode, "blue-md-0-x8k1p", change);
            };
        };
        const auto infra = [](const char* type, const char* reason) {
            return [type, reason](Site& site) {
                site.edit<KubevirtMachineFact>(
                    kOuter, FactKind::KubevirtMachine, kMachine, [&](KubevirtMachineFact& machine) {
                        machine.conditions = {condition(type, "False", reason)};
                        if (std::string_view(type) != "VMProvisioned")
                            machine.conditions.push_back(condition("VMProvisioned", "True"));
                    });
            };
        };
        const auto machine = [](const std::function<void(MachineFact&)>& change,
                                const char* name = "blue-md-0-x8k1p") {
            return [change, name](Site& site) {
                site.edit<MachineFact>(kOuter, FactKind::Machine, std::string("tenant-blue/") + name, change);
            };
        };
        const auto cluster = [](const std::function<void(ClusterFact&)>& change) {
            return [change](Site& site) {
                site.edit<ClusterFact>(kOuter, FactKind::Cluster, "tenant-red/red", change);
            };
        };
        const auto pod = [](const std::function<void(PodFact&)>& change) {
            return [change](Site& site) { site.edit<PodFact>(kRed, FactKind::Pod, "lab/db-0", change); };
        };

        row("A1 host", host([](HostFact& h) { h.kvmUsable = false; }), ItemKind::Host, "metal-01",
            "A1 critical");
        row("A1 host of the test driver", host([](HostFact& h) {
                h.kvmUsable = false;
                h.hypervisor = "TEST";
            }),
            ItemKind::Host, "metal-01", "");
        row("A5 host", host([](HostFact& h) { h.memoryFreeBytes = h.memoryBytes / 30; }), ItemKind::Host,
            "metal-01", "A5 warning");
        row("A5 host not told", host([](HostFact& h) { h.memoryFreeBytes = -1; }), ItemKind::Host, "metal-01",
            "");
        row("A1 node", outer([](KubeNodeFact& n) { n.kvmDevices = 0; }), ItemKind::OuterNode, "outer-1",
            "A1 critical");
        row("A1 node not told", outer([](KubeNodeFact& n) { n.kvmDevices = -1; }), ItemKind::OuterNode,
            "outer-1", "");
        row("A3 silent", outer([](KubeNodeFact& n) { n.conditions = {condition("Ready", "Unknown")}; }),
            ItemKind::OuterNode, "outer-1", "A3 critical");
        row("A3 virt-handler", outer([](KubeNodeFact& n) { n.kubevirtSchedulable = "false"; }),
            ItemKind::OuterNode, "outer-1", "A3 warning");
        row("A3 not labelled", outer([](KubeNodeFact& n) { n.kubevirtSchedulable.clear(); }),
            ItemKind::OuterNode, "outer-1", "");
        row("A5 disk",
            outer([](KubeNodeFact& n) { n.conditions.push_back(condition("DiskPressure2", "True")); }),
            ItemKind::OuterNode, "outer-1", "");
        row("A7",
            outer([](KubeNodeFact& n) { n.conditions.push_back(condition("NetworkUnavailable", "True")); }),
            ItemKind::OuterNode, "outer-1", "A7 critical");

        row("D1 printable", printable("ErrorUnschedulable"), ItemKind::Vm, "blue-md-0-x8k1p", "D1 critical");
        row("D1 condition", vmi({condition("PodScheduled", "False", "Unschedulable", "0/3 nodes")}),
            ItemKind::Vm, "blue-md-0-x8k1p", "D1 critical");
        row("D1 gated", vmi({condition("PodScheduled", "False", "SchedulingGated")}), ItemKind::Vm,
            "blue-md-0-x8k1p", "");
        row("D2", printable("ImagePullBackOff"), ItemKind::Vm, "blue-md-0-x8k1p", "D2 critical");
        row("D3", printable("CrashLoopBackOff"), ItemKind::Vm, "blue-md-0-x8k1p", "D3 critical");
        row("D5", vmi({condition("Paused", "True", "PausedByUser")}), ItemKind::Vm, "blue-md-0-x8k1p",
            "D5 critical");
        row("D5 not paused", vmi({condition("Paused", "False", "PausedByUser")}), ItemKind::Vm,
            "blue-md-0-x8k1p", "");
        row("D8", vmi({condition("Ready", "False", "GuestNotRunning")}), ItemKind::Vm, "blue-md-0-x8k1p",
            "D8 critical");
        row("D9", vmi({condition("Synchronized", "False", "FailedCreate", "quota")}), ItemKind::Vm,
            "blue-md-0-x8k1p", "D9 critical");
        row("B10",
            vmi({condition("Synchronized", "False", "FailedCreate", "violates PodSecurity \"baseline\"")}),
            ItemKind::Vm, "blue-md-0-x8k1p", "B10 critical");
        row("C14", printable("DataVolumeError"), ItemKind::Vm, "blue-md-0-x8k1p", "C14 critical");
        row("C1 is normal", printable("WaitingForVolumeBinding"), ItemKind::Vm, "blue-md-0-x8k1p", "");
        row("D10", vmi({condition("RestartRequired", "True")}), ItemKind::Vm, "blue-md-0-x8k1p", "D10 info");
        row("D11", vmi({condition("ManualRecoveryRequired", "True")}), ItemKind::Vm, "blue-md-0-x8k1p",
            "D11 critical");
        row("E1", vmi({condition("LiveMigratable", "False", "DisksNotLiveMigratable")}), ItemKind::Vm,
            "blue-md-0-x8k1p", "E1 info");
        row("E4", vmi({condition("LiveMigratable", "False", "HostDeviceNotLiveMigratable")}), ItemKind::Vm,
            "blue-md-0-x8k1p", "E4 info");
        row("stopped tenant VM", printable("Stopped"), ItemKind::Vm, "blue-md-0-x8k1p", "D8 critical");
        row(
            "D7",
            [](Site& site) {
                site.edit<VmiFact>(kOuter, FactKind::Vmi, kVm, [](VmiFact& fact) { fact.ips.clear(); });
            },
            ItemKind::Vm, "blue-md-0-x8k1p", "D7 warning");

        row("F9", infra("VMProvisioned", "VMCreateFailed"), ItemKind::Machine, "blue-md-0-x8k1p",
            "F9 critical");
        row("F7", infra("VMProvisioned", "WaitingForBootstrapData"), ItemKind::Machine, "blue-md-0-x8k1p",
            "F7 info");
        row("C15", infra("VMProvisioned", "DVFailed"), ItemKind::Machine, "blue-md-0-x8k1p", "C15 critical");
        row("F11", infra("BootstrapExecSucceeded", "BootstrapFailed"), ItemKind::Machine, "blue-md-0-x8k1p",
            "F11 info");
        row("F15 machine", machine([](MachineFact& m) {
                m.conditions = {condition("NodeHealthy", "Unknown", "ConnectionDown")};
            }),
            ItemKind::Machine, "blue-md-0-x8k1p", "F15 warning");
        row("G4 machine", machine([](MachineFact& m) {
                m.conditions = {condition("NodeHealthy", "False", "NodeNotHealthy")};
            }),
            ItemKind::Machine, "blue-md-0-x8k1p", "G4 critical");
        row(
            "F14",
            [machine, infra](Site& site) {
                machine([](MachineFact& m) {
                    m.nodeName.clear();
                    m.conditions = {condition("NodeHealthy", "Unknown", "NodeDoesNotExist")};
                })(site);
                site.edit<KubevirtMachineFact>(
                    kOuter, FactKind::KubevirtMachine, kMachine, [](KubevirtMachineFact& k) {
                        k.conditions = {condition("VMProvisioned", "True"),
                                        condition("BootstrapExecSucceeded", "True")};
                    });
            },
            ItemKind::Machine, "blue-md-0-x8k1p", "F14 warning");
        row("F23", machine([](MachineFact& m) {
                m.meta.deleting = kNow;
                m.conditions = {
                    condition("Deleting", "True", "DrainingNode",
                              "Machine deletion in progress since more than 15m, stage: DrainingNode")};
            }),
            ItemKind::Machine, "blue-md-0-x8k1p", "F23 warning");
        row("F23 just begun", machine([](MachineFact& m) {
                m.meta.deleting = kNow;
                m.conditions = {condition("Deleting", "True", "DrainingNode", "Drain not completed yet")};
            }),
            ItemKind::Machine, "blue-md-0-x8k1p", "");
        row("G5 member",
            machine(
                [](MachineFact& m) {
                    m.conditions = {condition("NodeHealthy", "True"),
                                    condition("EtcdMemberHealthy", "False", "NotHealthy")};
                },
                "blue-cp-4kx9d"),
            ItemKind::Machine, "blue-cp-4kx9d", "G5 critical");
        row("G7 provisioning",
            machine(
                [](MachineFact& m) {
                    m.conditions = {condition("NodeHealthy", "True"),
                                    condition("APIServerPodHealthy", "False", "Provisioning")};
                },
                "blue-cp-4kx9d"),
            ItemKind::Machine, "blue-cp-4kx9d", "");
        row("F21", cluster([](ClusterFact& c) { c.paused = true; }), ItemKind::TenantCluster, "red",
            "F21 warning");
        row("F20", cluster([](ClusterFact& c) {
                c.conditions = {condition("InfrastructureReady", "False", "ObjectDeleted")};
            }),
            ItemKind::TenantCluster, "red", "F20 critical");
        row("F1", cluster([](ClusterFact& c) {
                c.conditions = {condition("InfrastructureReady", "False", "NotReady")};
            }),
            ItemKind::TenantCluster, "red", "F1 warning");
        row("F15 cluster", cluster([](ClusterFact& c) {
                c.conditions = {condition("RemoteConnectionProbe", "False", "ProbeFailed")};
            }),
            ItemKind::TenantCluster, "red", "F15 warning");
        row("F15 cluster still building", cluster([](ClusterFact& c) {
                c.phase = "Provisioning";
                c.conditions = {condition("RemoteConnectionProbe", "False", "ProbeFailed")};
            }),
            ItemKind::TenantCluster, "red", "");

        row("G1", inner([](KubeNodeFact& n) {
                n.conditions = {condition("Ready", "False", "KubeletNotReady",
                                          "container runtime network not ready: NetworkReady=false "
                                          "reason:NetworkPluginNotReady message:…")};
            }),
            ItemKind::InnerNode, "blue-md-0-x8k1p", "G1 critical");
        row("G4 not ready", inner([](KubeNodeFact& n) {
                n.conditions = {condition("Ready", "False", "KubeletNotReady", "PLEG is not healthy")};
            }),
            ItemKind::InnerNode, "blue-md-0-x8k1p", "G4 critical");
        row("G13", inner([](KubeNodeFact& n) {
                n.taints = {"node.cloudprovider.kubernetes.io/uninitialized=true:NoSchedule"};
            }),
            ItemKind::InnerNode, "blue-md-0-x8k1p", "G13 warning");
        row("G13 another taint", inner([](KubeNodeFact& n) { n.taints = {"dedicated=db:NoSchedule"}; }),
            ItemKind::InnerNode, "blue-md-0-x8k1p", "");
        row("G11 pending", pod([](PodFact& p) {
                p.phase = "Pending";
                p.ready = false;
                p.reason = "Unschedulable";
            }),
            ItemKind::Workload, "db", "G11 critical");
        row("G11 crash", pod([](PodFact& p) {
                p.ready = false;
                p.reason = "CrashLoopBackOff";
            }),
            ItemKind::Workload, "db", "G11 critical");
        row("a pod that starts", pod([](PodFact& p) {
                p.phase = "Pending";
                p.ready = false;
                p.reason = "ContainerCreating";
            }),
            ItemKind::Workload, "db", "");
        row("a pod that is being deleted", pod([](PodFact& p) {
                p.meta.deleting = kNow;
                p.ready = false;
                p.reason = "CrashLoopBackOff";
            }),
            ItemKind::Workload, "db", "");
    }

    void rules()
    {
        QFETCH(std::function<void(Site&)>, change);
        QFETCH(int, kind);
        QFETCH(QString, name);
        QFETCH(QString, rules);
        Site site;
        change(site);
        QCOMPARE(site.rulesOf(static_cast<ItemKind>(kind), name.toStdString()), rules);
        const std::vector<Finding>* findings =
            site.diagnosis.findings(site.named(static_cast<ItemKind>(kind), name.toStdString()));
        if (findings != nullptr) {
            for (const Finding& finding : *findings) {
                QVERIFY(finding.title.find(name.toStdString()) != std::string::npos ||
                        finding.title.find("db-0") != std::string::npos);
                QVERIFY(!finding.remedy.empty());
                QVERIFY(!finding.evidence.empty() && !finding.evidence.front().value.empty());
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestDiagnosis)
#include "test_diagnosis.moc"
