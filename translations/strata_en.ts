<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>Details</name>
    <message numerus="yes">
        <source>%n machines</source>
        <translation>
            <numerusform>%n machine</numerusform>
            <numerusform>%n machines</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ProblemNotices</name>
    <message numerus="yes">
        <source>%n new problems</source>
        <translation>
            <numerusform>%n new problem</numerusform>
            <numerusform>%n new problems</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Problems</name>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::ActionDialog</name>
    <message numerus="yes">
        <source>at most %n min</source>
        <translation>
            <numerusform>at most %n min</numerusform>
            <numerusform>at most %n min</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::AddNodeDialog</name>
    <message numerus="yes">
        <source>%n more were cut off, too.</source>
        <translation>
            <numerusform>Another one was cut off, too.</numerusform>
            <numerusform>%n more were cut off, too.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::AskedCard</name>
    <message numerus="yes">
        <source>Waiting for %n answers…</source>
        <translation>
            <numerusform>Waiting for %n answer…</numerusform>
            <numerusform>Waiting for %n answers…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Puts %n questions to the servers; reads only.</source>
        <translation>
            <numerusform>Puts %n question to the servers; reads only.</numerusform>
            <numerusform>Puts %n questions to the servers; reads only.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Found %n more; see above.</source>
        <translation>
            <numerusform>Found %n more; see above.</numerusform>
            <numerusform>Found %n more; see above.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::AuditDialog</name>
    <message numerus="yes">
        <source>%n days</source>
        <translation>
            <numerusform>%n day</numerusform>
            <numerusform>%n days</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::BudgetsLine</name>
    <message numerus="yes">
        <source>… and %n more budget(s)</source>
        <translation>
            <numerusform>… and %n more budget</numerusform>
            <numerusform>… and %n more budgets</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Asking %n tenant(s) for disruption budgets…</source>
        <translation>
            <numerusform>Asking %n tenant for disruption budgets…</numerusform>
            <numerusform>Asking %n tenants for disruption budgets…</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::CapacityWindow</name>
    <message numerus="yes">
        <source>a VM requests %1 CPU a vCPU and %2 beyond its memory, as %n VMs here show</source>
        <translation>
            <numerusform>a VM requests %1 CPU a vCPU and %2 beyond its memory, as %n VM here shows</numerusform>
            <numerusform>a VM requests %1 CPU a vCPU and %2 beyond its memory, as %n VMs here show</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more VMs of %1 fit</source>
        <translation>
            <numerusform>%n more VM of %1 fits</numerusform>
            <numerusform>%n more VMs of %1 fit</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>and on %n more nodes</source>
        <translation>
            <numerusform>and on %n more node</numerusform>
            <numerusform>and on %n more nodes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n nodes take no VMs now</source>
        <translation>
            <numerusform>%n node takes no VMs now</numerusform>
            <numerusform>%n nodes take no VMs now</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::ChecksWindow</name>
    <message numerus="yes">
        <source>Asking %n hosts…</source>
        <translation>
            <numerusform>Asking %n host…</numerusform>
            <numerusform>Asking %n hosts…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>A check fails on %n hosts.</source>
        <translation>
            <numerusform>A check fails on %n host.</numerusform>
            <numerusform>A check fails on %n hosts.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::ClusterRun</name>
    <message numerus="yes">
        <source>Taken back; %n objects stay</source>
        <translation>
            <numerusform>Taken back; %n object stays</numerusform>
            <numerusform>Taken back; %n objects stay</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::ClusterWizard</name>
    <message numerus="yes">
        <source>%n to mend</source>
        <translation>
            <numerusform>%n to mend</numerusform>
            <numerusform>%n to mend</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::CompareDialog</name>
    <message numerus="yes">
        <source>%n difference(s)</source>
        <translation>
            <numerusform>%n difference</numerusform>
            <numerusform>%n differences</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::DeployDialog</name>
    <message numerus="yes">
        <source>Fetched %n objects.</source>
        <translation>
            <numerusform>Fetched %n object.</numerusform>
            <numerusform>Fetched %n objects.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The server refuses %n objects.</source>
        <translation>
            <numerusform>The server refuses %n object.</numerusform>
            <numerusform>The server refuses %n objects.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::DocumentPage</name>
    <message numerus="yes">
        <source>%n hits</source>
        <translation>
            <numerusform>%n hit</numerusform>
            <numerusform>%n hits</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::EditDialog</name>
    <message numerus="yes">
        <source>%1 (and %n more)</source>
        <translation>
            <numerusform>%1 (and %n more)</numerusform>
            <numerusform>%1 (and %n more)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::FitChart</name>
    <message numerus="yes">
        <source>+%n VMs</source>
        <translation>
            <numerusform>+%n VM</numerusform>
            <numerusform>+%n VMs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>and %n more nodes</source>
        <translation>
            <numerusform>and %n more node</numerusform>
            <numerusform>and %n more nodes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::LinksCard</name>
    <message numerus="yes">
        <source>and %n more in the tree</source>
        <translation>
            <numerusform>and %n more in the tree</numerusform>
            <numerusform>and %n more in the tree</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::LogPage</name>
    <message numerus="yes">
        <source>%n more are not read</source>
        <translation>
            <numerusform>%n more is not read</numerusform>
            <numerusform>%n more are not read</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>All %n pods</source>
        <translation>
            <numerusform>All %n pods</numerusform>
            <numerusform>All %n pods</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::MainWindow</name>
    <message numerus="yes">
        <source>Site: %n clusters</source>
        <translation>
            <numerusform>Site: %n cluster</numerusform>
            <numerusform>Site: %n clusters</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Site: %n hosts</source>
        <translation>
            <numerusform>Site: %n host</numerusform>
            <numerusform>Site: %n hosts</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n plans of an earlier run are not finished; Activity lists them.</source>
        <translation>
            <numerusform>%n plan of an earlier run is not finished; Activity lists it.</numerusform>
            <numerusform>%n plans of an earlier run are not finished; Activity lists them.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::PrepareChoicePage</name>
    <message numerus="yes">
        <source>%n components, filled %1</source>
        <translation>
            <numerusform>%n component, filled %1</numerusform>
            <numerusform>%n components, filled %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::PrepareReviewPage</name>
    <message numerus="yes">
        <source>The server is asked about every object, as a dry run; %n answered. Nothing is written.</source>
        <translation>
            <numerusform>The server is asked about every object, as a dry run; %n answered. Nothing is written.</numerusform>
            <numerusform>The server is asked about every object, as a dry run; %n answered. Nothing is written.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The server accepts all %n objects. Nothing has been written yet.</source>
        <translation>
            <numerusform>The server accepts the %n object. Nothing has been written yet.</numerusform>
            <numerusform>The server accepts all %n objects. Nothing has been written yet.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n objects</source>
        <translation>
            <numerusform>%n object</numerusform>
            <numerusform>%n objects</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::PrepareWizard</name>
    <message numerus="yes">
        <source>%n to mend</source>
        <translation>
            <numerusform>%n to mend</numerusform>
            <numerusform>%n to mend</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::ProgressPage</name>
    <message numerus="yes">
        <source>%n objects written</source>
        <translation>
            <numerusform>%n object written</numerusform>
            <numerusform>%n objects written</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::ReviewPage</name>
    <message numerus="yes">
        <source>The server accepts all %n objects. Nothing has been written yet.</source>
        <translation>
            <numerusform>The server accepts the object. Nothing has been written yet.</numerusform>
            <numerusform>The server accepts all %n objects. Nothing has been written yet.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n files saved.</source>
        <translation>
            <numerusform>%n file saved.</numerusform>
            <numerusform>%n files saved.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::ScreenPage</name>
    <message numerus="yes">
        <source>Trying again in %n s.</source>
        <translation>
            <numerusform>Trying again in %n second.</numerusform>
            <numerusform>Trying again in %n seconds.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::StrataChart</name>
    <message numerus="yes">
        <source>%n hosts</source>
        <translation>
            <numerusform>%n host</numerusform>
            <numerusform>%n hosts</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n hosts</source>
        <translation>
            <numerusform>%1 of %n host</numerusform>
            <numerusform>%1 of %n hosts</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n outer nodes</source>
        <translation>
            <numerusform>%n outer node</numerusform>
            <numerusform>%n outer nodes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n VMs</source>
        <translation>
            <numerusform>%n VM</numerusform>
            <numerusform>%n VMs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n inner nodes</source>
        <translation>
            <numerusform>%n inner node</numerusform>
            <numerusform>%n inner nodes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n pods</source>
        <translation>
            <numerusform>%n pod</numerusform>
            <numerusform>%n pods</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more</source>
        <translation>
            <numerusform>%n more</numerusform>
            <numerusform>%n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more, the worst: %1; zoom in to see them</source>
        <translation>
            <numerusform>%n more, the worst: %1; zoom in to see them</numerusform>
            <numerusform>%n more, the worst: %1; zoom in to see them</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::SummaryPanel</name>
    <message numerus="yes">
        <source>%n to mend</source>
        <translation>
            <numerusform>%n to mend</numerusform>
            <numerusform>%n to mend</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::TerminalPage</name>
    <message numerus="yes">
        <source>Trying again in %n s.</source>
        <translation>
            <numerusform>Trying again in %n second.</numerusform>
            <numerusform>Trying again in %n seconds.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::TerminalView</name>
    <message numerus="yes">
        <source>Paste %n lines? Each line break acts like the Enter key.</source>
        <translation>
            <numerusform>Paste %n line? Its line break acts like the Enter key.</numerusform>
            <numerusform>Paste %n lines? Each line break acts like the Enter key.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::TimelineView</name>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>strata::ui::WhyPageView</name>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
</context>
</TS>
