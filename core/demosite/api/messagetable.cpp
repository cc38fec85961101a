// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demosite/api/messages.h"

// A line a message; see Field in messages.h for the grammar. Names, numbers and types are those of the
// generated.proto files and Go types of k8s.io/api and k8s.io/apimachinery 0.36.
namespace strata::demosite {

// clang-format off
const char* const kMessageTable[] = {
    "Namespace: metadata=1ObjectMeta spec=2NamespaceSpec status=3NamespaceStatus",
    "ObjectMeta: name=1s generateName=2s namespace=3s selfLink=4s uid=5s resourceVersion=6s generation=7i "
    "creationTimestamp=8Time deletionTimestamp=9Time? deletionGracePeriodSeconds=10i? labels=11%s "
    "annotations=12%s ownerReferences=13*OwnerReference#uid finalizers=14*s#. "
    "managedFields=17*ManagedFieldsEntry",
    "OwnerReference~: apiVersion=5s! kind=1s! name=3s! uid=4s! controller=6b? blockOwnerDeletion=7b?",
    "ManagedFieldsEntry: manager=1s operation=2s apiVersion=3s time=4Time? fieldsType=6s "
    "fieldsV1=7FieldsV1? subresource=8s",
    "NamespaceSpec: finalizers=1*s",
    "NamespaceStatus: phase=1s conditions=2*NamespaceCondition#type",
    "NamespaceCondition: type=1s! status=2s! lastTransitionTime=4Time reason=5s message=6s",
    "Node: metadata=1ObjectMeta spec=2NodeSpec status=3NodeStatus",
    "NodeSpec: podCIDR=1s podCIDRs=7*s#. providerID=3s unschedulable=4b taints=5*Taint "
    "configSource=6NodeConfigSource? externalID=2s podPreemptionPolicy=8NodePodPreemptionPolicy?",
    "Taint: key=1s! value=2s effect=3s! timeAdded=4Time?",
    "NodeConfigSource: configMap=2ConfigMapNodeConfigSource?",
    "ConfigMapNodeConfigSource: namespace=1s! name=2s! uid=3s resourceVersion=4s kubeletConfigKey=5s!",
    "NodePodPreemptionPolicy: disableResizePreemption=1*s#.",
    "NodeStatus: capacity=1%Quantity allocatable=2%Quantity phase=3s conditions=4*NodeCondition#type "
    "addresses=5*NodeAddress#type daemonEndpoints=6NodeDaemonEndpoints nodeInfo=7NodeSystemInfo "
    "images=8*ContainerImage volumesInUse=9*s volumesAttached=10*AttachedVolume "
    "config=11NodeConfigStatus? runtimeHandlers=12*NodeRuntimeHandler features=13NodeFeatures? "
    "declaredFeatures=14*s",
    "NodeCondition: type=1s! status=2s! lastHeartbeatTime=3Time lastTransitionTime=4Time reason=5s "
    "message=6s",
    "NodeAddress: type=1s! address=2s!",
    "NodeDaemonEndpoints: kubeletEndpoint=1DaemonEndpoint",
    "DaemonEndpoint: Port=1i!",
    "NodeSystemInfo: machineID=1s! systemUUID=2s! bootID=3s! kernelVersion=4s! osImage=5s! "
    "containerRuntimeVersion=6s! kubeletVersion=7s! kubeProxyVersion=8s! operatingSystem=9s! "
    "architecture=10s! swap=11NodeSwapStatus?",
    "NodeSwapStatus: capacity=1i?",
    "ContainerImage: names=1*s sizeBytes=2i",
    "AttachedVolume: name=1s! devicePath=2s!",
    "NodeConfigStatus: assigned=1NodeConfigSource? active=2NodeConfigSource? "
    "lastKnownGood=3NodeConfigSource? error=4s",
    "NodeRuntimeHandler: name=1s! features=2NodeRuntimeHandlerFeatures?",
    "NodeRuntimeHandlerFeatures: recursiveReadOnlyMounts=1b? userNamespaces=2b?",
    "NodeFeatures: supplementalGroupsPolicy=1b?",
    "Pod: metadata=1ObjectMeta spec=2PodSpec status=3PodStatus",
    "PodSpec: volumes=1*Volume#name initContainers=20*Container#name containers=2*Container!#name "
    "ephemeralContainers=34*EphemeralContainer#name restartPolicy=3s terminationGracePeriodSeconds=4i? "
    "activeDeadlineSeconds=5i? dnsPolicy=6s nodeSelector=7%s#- serviceAccountName=8s serviceAccount=9s "
    "automountServiceAccountToken=21b? nodeName=10s hostNetwork=11b hostPID=12b hostIPC=13b "
    "shareProcessNamespace=27b? securityContext=14PodSecurityContext? "
    "imagePullSecrets=15*LocalObjectReference#name hostname=16s subdomain=17s affinity=18Affinity? "
    "schedulerName=19s tolerations=22*Toleration hostAliases=23*HostAlias#ip priorityClassName=24s "
    "priority=25i? dnsConfig=26PodDNSConfig? readinessGates=28*PodReadinessGate runtimeClassName=29s? "
    "enableServiceLinks=30b? preemptionPolicy=31s? overhead=32%Quantity "
    "topologySpreadConstraints=33*TopologySpreadConstraint#topologyKey,whenUnsatisfiable/topologyKey "
    "setHostnameAsFQDN=35b? os=36PodOS? hostUsers=37b? schedulingGates=38*PodSchedulingGate#name "
    "resourceClaims=39*PodResourceClaim#name resources=40ResourceRequirements? hostnameOverride=41s? "
    "schedulingGroup=43PodSchedulingGroup? evictionResponders=44*EvictionResponder#name",
    "Volume: name=1s! -=2VolumeSource",
    "VolumeSource: hostPath=1HostPathVolumeSource? emptyDir=2EmptyDirVolumeSource? "
    "gcePersistentDisk=3GCEPersistentDiskVolumeSource? "
    "awsElasticBlockStore=4AWSElasticBlockStoreVolumeSource? gitRepo=5GitRepoVolumeSource? "
    "secret=6SecretVolumeSource? nfs=7NFSVolumeSource? iscsi=8ISCSIVolumeSource? "
    "glusterfs=9GlusterfsVolumeSource? persistentVolumeClaim=10PersistentVolumeClaimVolumeSource? "
    "rbd=11RBDVolumeSource? flexVolume=12FlexVolumeSource? cinder=13CinderVolumeSource? "
    "cephfs=14CephFSVolumeSource? flocker=15FlockerVolumeSource? downwardAPI=16DownwardAPIVolumeSource? "
    "fc=17FCVolumeSource? azureFile=18AzureFileVolumeSource? configMap=19ConfigMapVolumeSource? "
    "vsphereVolume=20VsphereVirtualDiskVolumeSource? quobyte=21QuobyteVolumeSource? "
    "azureDisk=22AzureDiskVolumeSource? photonPersistentDisk=23PhotonPersistentDiskVolumeSource? "
    "projected=26ProjectedVolumeSource? portworxVolume=24PortworxVolumeSource? "
    "scaleIO=25ScaleIOVolumeSource? storageos=27StorageOSVolumeSource? csi=28CSIVolumeSource? "
    "ephemeral=29EphemeralVolumeSource? image=30ImageVolumeSource?",
    "HostPathVolumeSource: path=1s! type=2s?",
    "EmptyDirVolumeSource: medium=1s sizeLimit=2Quantity? mode=3i?",
    "GCEPersistentDiskVolumeSource: pdName=1s! fsType=2s partition=3i readOnly=4b",
    "AWSElasticBlockStoreVolumeSource: volumeID=1s! fsType=2s partition=3i readOnly=4b",
    "GitRepoVolumeSource: repository=1s! revision=2s directory=3s",
    "SecretVolumeSource: secretName=1s items=2*KeyToPath defaultMode=3i? optional=4b? defaultUser=5i?",
    "KeyToPath: key=1s! path=2s! mode=3i? user=4i?",
    "NFSVolumeSource: server=1s! path=2s! readOnly=3b",
    "ISCSIVolumeSource: targetPortal=1s! iqn=2s! lun=3i! iscsiInterface=4s fsType=5s readOnly=6b "
    "portals=7*s chapAuthDiscovery=8b chapAuthSession=11b secretRef=10LocalObjectReference? "
    "initiatorName=12s?",
    "LocalObjectReference~: name=1s",
    "GlusterfsVolumeSource: endpoints=1s! path=2s! readOnly=3b",
    "PersistentVolumeClaimVolumeSource: claimName=1s! readOnly=2b",
    "RBDVolumeSource: monitors=1*s! image=2s! fsType=3s pool=4s user=5s keyring=6s "
    "secretRef=7LocalObjectReference? readOnly=8b",
    "FlexVolumeSource: driver=1s! fsType=2s secretRef=3LocalObjectReference? readOnly=4b options=5%s",
    "CinderVolumeSource: volumeID=1s! fsType=2s readOnly=3b secretRef=4LocalObjectReference?",
    "CephFSVolumeSource: monitors=1*s! path=2s user=3s secretFile=4s secretRef=5LocalObjectReference? "
    "readOnly=6b",
    "FlockerVolumeSource: datasetName=1s datasetUUID=2s",
    "DownwardAPIVolumeSource: items=1*DownwardAPIVolumeFile defaultMode=2i? defaultUser=3i?",
    "DownwardAPIVolumeFile: path=1s! fieldRef=2ObjectFieldSelector? "
    "resourceFieldRef=3ResourceFieldSelector? mode=4i? user=5i?",
    "ObjectFieldSelector~: apiVersion=1s fieldPath=2s!",
    "ResourceFieldSelector~: containerName=1s resource=2s! divisor=3Quantity",
    "FCVolumeSource: targetWWNs=1*s lun=2i? fsType=3s readOnly=4b wwids=5*s",
    "AzureFileVolumeSource: secretName=1s! shareName=2s! readOnly=3b",
    "ConfigMapVolumeSource: -=1LocalObjectReference items=2*KeyToPath defaultMode=3i? optional=4b? "
    "defaultUser=5i?",
    "VsphereVirtualDiskVolumeSource: volumePath=1s! fsType=2s storagePolicyName=3s storagePolicyID=4s",
    "QuobyteVolumeSource: registry=1s! volume=2s! readOnly=3b user=4s group=5s tenant=6s",
    "AzureDiskVolumeSource: diskName=1s! diskURI=2s! cachingMode=3s? fsType=4s? readOnly=5b? kind=6s?",
    "PhotonPersistentDiskVolumeSource: pdID=1s! fsType=2s",
    "ProjectedVolumeSource: sources=1*VolumeProjection defaultMode=2i? defaultUser=3i?",
    "VolumeProjection: secret=1SecretProjection? downwardAPI=2DownwardAPIProjection? "
    "configMap=3ConfigMapProjection? serviceAccountToken=4ServiceAccountTokenProjection? "
    "clusterTrustBundle=5ClusterTrustBundleProjection? podCertificate=6PodCertificateProjection?",
    "SecretProjection: -=1LocalObjectReference items=2*KeyToPath optional=4b?",
    "DownwardAPIProjection: items=1*DownwardAPIVolumeFile",
    "ConfigMapProjection: -=1LocalObjectReference items=2*KeyToPath optional=4b?",
    "ServiceAccountTokenProjection: audience=1s expirationSeconds=2i? path=3s! user=4i?",
    "ClusterTrustBundleProjection: name=1s? signerName=2s? labelSelector=3LabelSelector? optional=5b? "
    "path=4s! user=6i?",
    "LabelSelector~: matchLabels=1%s matchExpressions=2*LabelSelectorRequirement",
    "LabelSelectorRequirement: key=1s! operator=2s! values=3*s",
    "PodCertificateProjection: signerName=1s keyType=2s maxExpirationSeconds=3i? credentialBundlePath=4s "
    "keyPath=5s certificateChainPath=6s userAnnotations=7%s user=8i?",
    "PortworxVolumeSource: volumeID=1s! fsType=2s readOnly=3b",
    "ScaleIOVolumeSource: gateway=1s! system=2s! secretRef=3LocalObjectReference? sslEnabled=4b "
    "protectionDomain=5s storagePool=6s storageMode=7s volumeName=8s fsType=9s readOnly=10b",
    "StorageOSVolumeSource: volumeName=1s volumeNamespace=2s fsType=3s readOnly=4b "
    "secretRef=5LocalObjectReference?",
    "CSIVolumeSource: driver=1s! readOnly=2b? fsType=3s? volumeAttributes=4%s "
    "nodePublishSecretRef=5LocalObjectReference?",
    "EphemeralVolumeSource: volumeClaimTemplate=1PersistentVolumeClaimTemplate?",
    "PersistentVolumeClaimTemplate: metadata=1ObjectMeta spec=2PersistentVolumeClaimSpec",
    "PersistentVolumeClaimSpec: accessModes=1*s selector=4LabelSelector? "
    "resources=2VolumeResourceRequirements volumeName=3s storageClassName=5s? volumeMode=6s? "
    "dataSource=7TypedLocalObjectReference? dataSourceRef=8TypedObjectReference? "
    "volumeAttributesClassName=9s?",
    "VolumeResourceRequirements: limits=1%Quantity requests=2%Quantity",
    "TypedLocalObjectReference~: apiGroup=1s? kind=2s! name=3s!",
    "TypedObjectReference: apiGroup=1s? kind=2s! name=3s! namespace=4s?",
    "ImageVolumeSource: reference=1s pullPolicy=2s",
    "Container: name=1s! image=2s command=3*s args=4*s workingDir=5s "
    "ports=6*ContainerPort#containerPort,protocol/containerPort envFrom=19*EnvFromSource "
    "env=7*EnvVar#name resources=8ResourceRequirements resizePolicy=23*ContainerResizePolicy "
    "restartPolicy=24s? restartPolicyRules=25*ContainerRestartRule volumeMounts=9*VolumeMount#mountPath "
    "volumeDevices=21*VolumeDevice#devicePath livenessProbe=10Probe? readinessProbe=11Probe? "
    "startupProbe=22Probe? lifecycle=12Lifecycle? terminationMessagePath=13s terminationMessagePolicy=20s "
    "imagePullPolicy=14s securityContext=15SecurityContext? stdin=16b stdinOnce=17b tty=18b",
    "ContainerPort: name=1s hostPort=2i containerPort=3i! protocol=4s hostIP=5s",
    "EnvFromSource: prefix=1s configMapRef=2ConfigMapEnvSource? secretRef=3SecretEnvSource?",
    "ConfigMapEnvSource: -=1LocalObjectReference optional=2b?",
    "SecretEnvSource: -=1LocalObjectReference optional=2b?",
    "EnvVar: name=1s! value=2s valueFrom=3EnvVarSource?",
    "EnvVarSource: fieldRef=1ObjectFieldSelector? resourceFieldRef=2ResourceFieldSelector? "
    "configMapKeyRef=3ConfigMapKeySelector? secretKeyRef=4SecretKeySelector? fileKeyRef=5FileKeySelector?",
    "ConfigMapKeySelector~: -=1LocalObjectReference key=2s! optional=3b?",
    "SecretKeySelector~: -=1LocalObjectReference key=2s! optional=3b?",
    "FileKeySelector~: volumeName=1s! path=2s! key=3s! optional=4b?",
    "ResourceRequirements: limits=1%Quantity requests=2%Quantity claims=3*ResourceClaim#name",
    "ResourceClaim: name=1s! request=2s",
    "ContainerResizePolicy: resourceName=1s! restartPolicy=2s!",
    "ContainerRestartRule: action=1s exitCodes=2ContainerRestartRuleOnExitCodes?",
    "ContainerRestartRuleOnExitCodes: operator=1s values=2*i#.",
    "VolumeMount: name=1s! readOnly=2b recursiveReadOnly=7s? mountPath=3s! subPath=4s "
    "mountPropagation=5s? subPathExpr=6s bindMountOptions=8*s#.",
    "VolumeDevice: name=1s! devicePath=2s!",
    "Probe: -=1ProbeHandler initialDelaySeconds=2i timeoutSeconds=3i periodSeconds=4i successThreshold=5i "
    "failureThreshold=6i terminationGracePeriodSeconds=7i?",
    "ProbeHandler: exec=1ExecAction? httpGet=2HTTPGetAction? tcpSocket=3TCPSocketAction? "
    "grpc=4GRPCAction?",
    "ExecAction: command=1*s",
    "HTTPGetAction: path=1s port=2IntOrString host=3s scheme=4s httpHeaders=5*HTTPHeader protocol=6s?",
    "HTTPHeader: name=1s! value=2s!",
    "TCPSocketAction: port=1IntOrString host=2s",
    "GRPCAction: port=1i! service=2s? mode=3s?",
    "Lifecycle: postStart=1LifecycleHandler? preStop=2LifecycleHandler? stopSignal=3s?",
    "LifecycleHandler: exec=1ExecAction? httpGet=2HTTPGetAction? tcpSocket=3TCPSocketAction? "
    "sleep=4SleepAction?",
    "SleepAction: seconds=1i!",
    "SecurityContext: capabilities=1Capabilities? privileged=2b? seLinuxOptions=3SELinuxOptions? "
    "windowsOptions=10WindowsSecurityContextOptions? runAsUser=4i? runAsGroup=8i? runAsNonRoot=5b? "
    "readOnlyRootFilesystem=6b? allowPrivilegeEscalation=7b? procMount=9s? "
    "seccompProfile=11SeccompProfile? appArmorProfile=12AppArmorProfile?",
    "Capabilities: add=1*s drop=2*s",
    "SELinuxOptions: user=1s role=2s type=3s level=4s",
    "WindowsSecurityContextOptions: gmsaCredentialSpecName=1s? gmsaCredentialSpec=2s? runAsUserName=3s? "
    "hostProcess=4b?",
    "SeccompProfile: type=1s! localhostProfile=2s?",
    "AppArmorProfile: type=1s! localhostProfile=2s?",
    "EphemeralContainer: -=1EphemeralContainerCommon targetContainerName=2s",
    "EphemeralContainerCommon: name=1s! image=2s command=3*s args=4*s workingDir=5s "
    "ports=6*ContainerPort#containerPort,protocol/containerPort envFrom=19*EnvFromSource "
    "env=7*EnvVar#name resources=8ResourceRequirements resizePolicy=23*ContainerResizePolicy "
    "restartPolicy=24s? restartPolicyRules=25*ContainerRestartRule volumeMounts=9*VolumeMount#mountPath "
    "volumeDevices=21*VolumeDevice#devicePath livenessProbe=10Probe? readinessProbe=11Probe? "
    "startupProbe=22Probe? lifecycle=12Lifecycle? terminationMessagePath=13s terminationMessagePolicy=20s "
    "imagePullPolicy=14s securityContext=15SecurityContext? stdin=16b stdinOnce=17b tty=18b",
    "PodSecurityContext: seLinuxOptions=1SELinuxOptions? windowsOptions=8WindowsSecurityContextOptions? "
    "runAsUser=2i? runAsGroup=6i? runAsNonRoot=3b? supplementalGroups=4*i supplementalGroupsPolicy=12s? "
    "fsGroup=5i? sysctls=7*Sysctl fsGroupChangePolicy=9s? seccompProfile=10SeccompProfile? "
    "appArmorProfile=11AppArmorProfile? seLinuxChangePolicy=13s?",
    "Sysctl: name=1s! value=2s!",
    "Affinity: nodeAffinity=1NodeAffinity? podAffinity=2PodAffinity? podAntiAffinity=3PodAntiAffinity?",
    "NodeAffinity: requiredDuringSchedulingIgnoredDuringExecution=1NodeSelector? "
    "preferredDuringSchedulingIgnoredDuringExecution=2*PreferredSchedulingTerm",
    "NodeSelector~: nodeSelectorTerms=1*NodeSelectorTerm!",
    "NodeSelectorTerm~: matchExpressions=1*NodeSelectorRequirement matchFields=2*NodeSelectorRequirement",
    "NodeSelectorRequirement: key=1s! operator=2s! values=3*s",
    "PreferredSchedulingTerm: weight=1i! preference=2NodeSelectorTerm",
    "PodAffinity: requiredDuringSchedulingIgnoredDuringExecution=1*PodAffinityTerm "
    "preferredDuringSchedulingIgnoredDuringExecution=2*WeightedPodAffinityTerm",
    "PodAffinityTerm: labelSelector=1LabelSelector? namespaces=2*s topologyKey=3s! "
    "namespaceSelector=4LabelSelector? matchLabelKeys=5*s mismatchLabelKeys=6*s",
    "WeightedPodAffinityTerm: weight=1i! podAffinityTerm=2PodAffinityTerm",
    "PodAntiAffinity: requiredDuringSchedulingIgnoredDuringExecution=1*PodAffinityTerm "
    "preferredDuringSchedulingIgnoredDuringExecution=2*WeightedPodAffinityTerm",
    "Toleration: key=1s operator=2s value=3s effect=4s tolerationSeconds=5i?",
    "HostAlias: ip=1s! hostnames=2*s",
    "PodDNSConfig: nameservers=1*s searches=2*s options=3*PodDNSConfigOption",
    "PodDNSConfigOption: name=1s value=2s?",
    "PodReadinessGate: conditionType=1s!",
    "TopologySpreadConstraint: maxSkew=1i! topologyKey=2s! whenUnsatisfiable=3s! "
    "labelSelector=4LabelSelector? minDomains=5i? nodeAffinityPolicy=6s? nodeTaintsPolicy=7s? "
    "matchLabelKeys=8*s",
    "PodOS: name=1s!",
    "PodSchedulingGate: name=1s!",
    "PodResourceClaim: name=1s! resourceClaimName=3s? resourceClaimTemplateName=4s?",
    "PodSchedulingGroup: podGroupName=1s?",
    "EvictionResponder: name=1s! priority=2i?",
    "PodStatus: observedGeneration=17i phase=1s conditions=2*PodCondition#type message=3s reason=4s "
    "nominatedNodeName=11s hostIP=5s hostIPs=16*HostIP#/ip podIP=6s podIPs=12*PodIP#ip startTime=7Time? "
    "initContainerStatuses=10*ContainerStatus containerStatuses=8*ContainerStatus qosClass=9s "
    "ephemeralContainerStatuses=13*ContainerStatus resize=14s "
    "resourceClaimStatuses=15*PodResourceClaimStatus#name "
    "extendedResourceClaimStatus=18PodExtendedResourceClaimStatus? allocatedResources=19%Quantity "
    "resources=20ResourceRequirements? "
    "nodeAllocatableResourceClaimStatuses=21*NodeAllocatableResourceClaimStatus#resourceClaimName "
    "volumeHealth=22*PodVolumeHealth#name",
    "PodCondition: type=1s! observedGeneration=7i status=2s! lastProbeTime=3Time lastTransitionTime=4Time "
    "reason=5s message=6s",
    "HostIP: ip=1s!",
    "PodIP: ip=1s!",
    "ContainerStatus: name=1s! state=2ContainerState lastState=3ContainerState ready=4b! restartCount=5i! "
    "image=6s! imageID=7s! containerID=8s started=9b? allocatedResources=10%Quantity "
    "resources=11ResourceRequirements? volumeMounts=12*VolumeMountStatus#mountPath user=13ContainerUser? "
    "allocatedResourcesStatus=14*ResourceStatus#name stopSignal=15s?",
    "ContainerState: waiting=1ContainerStateWaiting? running=2ContainerStateRunning? "
    "terminated=3ContainerStateTerminated?",
    "ContainerStateWaiting: reason=1s message=2s",
    "ContainerStateRunning: startedAt=1Time",
    "ContainerStateTerminated: exitCode=1i! signal=2i reason=3s message=4s startedAt=5Time "
    "finishedAt=6Time containerID=7s",
    "VolumeMountStatus: name=1s! mountPath=2s! readOnly=3b recursiveReadOnly=4s? "
    "volumeStatus=5VolumeStatus?",
    "VolumeStatus: image=1ImageVolumeStatus?",
    "ImageVolumeStatus: imageRef=1s",
    "ContainerUser: linux=1LinuxContainerUser?",
    "LinuxContainerUser: uid=1i! gid=2i! supplementalGroups=3*i",
    "ResourceStatus: name=1s! resources=2*ResourceHealth#resourceID",
    "ResourceHealth: resourceID=1s! health=2s message=6s?",
    "PodResourceClaimStatus: name=1s! resourceClaimName=2s?",
    "PodExtendedResourceClaimStatus: requestMappings=1*ContainerExtendedResourceRequest! "
    "resourceClaimName=2s!",
    "ContainerExtendedResourceRequest: containerName=1s! resourceName=2s! requestName=3s!",
    "NodeAllocatableResourceClaimStatus: resourceClaimName=1s! containers=2*s#. "
    "mapping=4*NodeAllocatableMappedResources#name overhead=5*NodeAllocatableOverheadResources#name",
    "NodeAllocatableMappedResources: name=1s! quantity=2Quantity?",
    "NodeAllocatableOverheadResources: name=1s! perPod=2Quantity? perContainer=3Quantity?",
    "PodVolumeHealth: name=1s! healthConditions=2*VolumeHealthCondition#status,reason/status "
    "lastTransitionTime=3Time",
    "VolumeHealthCondition: status=1s! reason=2s! message=3s",
    "Service: metadata=1ObjectMeta spec=2ServiceSpec status=3ServiceStatus",
    "ServiceSpec: ports=1*ServicePort#port,protocol/port selector=2%s#- clusterIP=3s clusterIPs=18*s "
    "type=4s externalIPs=5*s sessionAffinity=7s loadBalancerIP=8s loadBalancerSourceRanges=9*s "
    "externalName=10s externalTrafficPolicy=11s healthCheckNodePort=12i publishNotReadyAddresses=13b "
    "sessionAffinityConfig=14SessionAffinityConfig? ipFamilies=19*s ipFamilyPolicy=17s? "
    "allocateLoadBalancerNodePorts=20b? loadBalancerClass=21s? internalTrafficPolicy=22s? "
    "trafficDistribution=23s?",
    "ServicePort: name=1s protocol=2s appProtocol=6s? port=3i! targetPort=4IntOrString nodePort=5i",
    "SessionAffinityConfig: clientIP=1ClientIPConfig?",
    "ClientIPConfig: timeoutSeconds=1i?",
    "ServiceStatus: loadBalancer=1LoadBalancerStatus conditions=2*Condition#type",
    "LoadBalancerStatus: ingress=1*LoadBalancerIngress",
    "LoadBalancerIngress: ip=1s hostname=2s ipMode=3s? ports=4*PortStatus",
    "PortStatus: port=1i! protocol=2s! error=3s?",
    "Condition: type=1s! status=2s! observedGeneration=3i lastTransitionTime=4Time reason=5s! message=6s!",
    "Endpoints: metadata=1ObjectMeta subsets=2*EndpointSubset",
    "EndpointSubset: addresses=1*EndpointAddress notReadyAddresses=2*EndpointAddress ports=3*EndpointPort",
    "EndpointAddress~: ip=1s! hostname=3s nodeName=4s? targetRef=2ObjectReference?",
    "ObjectReference~: kind=1s namespace=2s name=3s uid=4s apiVersion=5s resourceVersion=6s fieldPath=7s",
    "EndpointPort~: name=1s port=2i! protocol=3s appProtocol=4s?",
    "ConfigMap: metadata=1ObjectMeta immutable=4b? data=2%s binaryData=3%y",
    "Secret: metadata=1ObjectMeta immutable=5b? data=2%y stringData=4%s type=3s",
    "ServiceAccount: metadata=1ObjectMeta secrets=2*ObjectReference#name "
    "imagePullSecrets=3*LocalObjectReference automountServiceAccountToken=4b?",
    "Event: metadata=1ObjectMeta involvedObject=2ObjectReference reason=3s message=4s source=5EventSource "
    "firstTimestamp=6Time lastTimestamp=7Time count=8i type=9s eventTime=10MicroTime "
    "series=11EventSeries? action=12s related=13ObjectReference? reportingComponent=14s! "
    "reportingInstance=15s!",
    "EventSource: component=1s host=2s",
    "EventSeries: count=1i lastObservedTime=2MicroTime",
    "PersistentVolumeClaim: metadata=1ObjectMeta spec=2PersistentVolumeClaimSpec "
    "status=3PersistentVolumeClaimStatus",
    "PersistentVolumeClaimStatus: phase=1s accessModes=2*s capacity=3%Quantity "
    "conditions=4*PersistentVolumeClaimCondition#type allocatedResources=5%Quantity "
    "allocatedResourceStatuses=7%s currentVolumeAttributesClassName=8s? "
    "modifyVolumeStatus=9ModifyVolumeStatus? healthStatus=10VolumeHealthStatus?",
    "PersistentVolumeClaimCondition: type=1s! status=2s! lastProbeTime=3Time lastTransitionTime=4Time "
    "reason=5s message=6s",
    "ModifyVolumeStatus: targetVolumeAttributesClassName=1s status=2s!",
    "VolumeHealthStatus: healthConditions=1*VolumeHealthCondition#status,reason/status "
    "lastTransitionTime=2Time",
    "PersistentVolume: metadata=1ObjectMeta spec=2PersistentVolumeSpec status=3PersistentVolumeStatus",
    "PersistentVolumeSpec: capacity=1%Quantity -=2PersistentVolumeSource accessModes=3*s "
    "claimRef=4ObjectReference? persistentVolumeReclaimPolicy=5s storageClassName=6s mountOptions=7*s "
    "volumeMode=8s? nodeAffinity=9VolumeNodeAffinity? volumeAttributesClassName=10s?",
    "PersistentVolumeSource: gcePersistentDisk=1GCEPersistentDiskVolumeSource? "
    "awsElasticBlockStore=2AWSElasticBlockStoreVolumeSource? hostPath=3HostPathVolumeSource? "
    "glusterfs=4GlusterfsPersistentVolumeSource? nfs=5NFSVolumeSource? rbd=6RBDPersistentVolumeSource? "
    "iscsi=7ISCSIPersistentVolumeSource? cinder=8CinderPersistentVolumeSource? "
    "cephfs=9CephFSPersistentVolumeSource? fc=10FCVolumeSource? flocker=11FlockerVolumeSource? "
    "flexVolume=12FlexPersistentVolumeSource? azureFile=13AzureFilePersistentVolumeSource? "
    "vsphereVolume=14VsphereVirtualDiskVolumeSource? quobyte=15QuobyteVolumeSource? "
    "azureDisk=16AzureDiskVolumeSource? photonPersistentDisk=17PhotonPersistentDiskVolumeSource? "
    "portworxVolume=18PortworxVolumeSource? scaleIO=19ScaleIOPersistentVolumeSource? "
    "local=20LocalVolumeSource? storageos=21StorageOSPersistentVolumeSource? "
    "csi=22CSIPersistentVolumeSource?",
    "GlusterfsPersistentVolumeSource: endpoints=1s! path=2s! readOnly=3b endpointsNamespace=4s?",
    "RBDPersistentVolumeSource: monitors=1*s! image=2s! fsType=3s pool=4s user=5s keyring=6s "
    "secretRef=7SecretReference? readOnly=8b",
    "SecretReference~: name=1s namespace=2s",
    "ISCSIPersistentVolumeSource: targetPortal=1s! iqn=2s! lun=3i! iscsiInterface=4s fsType=5s "
    "readOnly=6b portals=7*s chapAuthDiscovery=8b chapAuthSession=11b secretRef=10SecretReference? "
    "initiatorName=12s?",
    "CinderPersistentVolumeSource: volumeID=1s! fsType=2s readOnly=3b secretRef=4SecretReference?",
    "CephFSPersistentVolumeSource: monitors=1*s! path=2s user=3s secretFile=4s "
    "secretRef=5SecretReference? readOnly=6b",
    "FlexPersistentVolumeSource: driver=1s! fsType=2s secretRef=3SecretReference? readOnly=4b options=5%s",
    "AzureFilePersistentVolumeSource: secretName=1s! shareName=2s! readOnly=3b secretNamespace=4s?",
    "ScaleIOPersistentVolumeSource: gateway=1s! system=2s! secretRef=3SecretReference? sslEnabled=4b "
    "protectionDomain=5s storagePool=6s storageMode=7s volumeName=8s fsType=9s readOnly=10b",
    "LocalVolumeSource: path=1s! fsType=2s?",
    "StorageOSPersistentVolumeSource: volumeName=1s volumeNamespace=2s fsType=3s readOnly=4b "
    "secretRef=5ObjectReference?",
    "CSIPersistentVolumeSource: driver=1s! volumeHandle=2s! readOnly=3b fsType=4s volumeAttributes=5%s "
    "controllerPublishSecretRef=6SecretReference? nodeStageSecretRef=7SecretReference? "
    "nodePublishSecretRef=8SecretReference? controllerExpandSecretRef=9SecretReference? "
    "nodeExpandSecretRef=10SecretReference?",
    "VolumeNodeAffinity: required=1NodeSelector?",
    "PersistentVolumeStatus: phase=1s message=2s reason=3s lastPhaseTransitionTime=4Time?",
    "ResourceQuota: metadata=1ObjectMeta spec=2ResourceQuotaSpec status=3ResourceQuotaStatus",
    "ResourceQuotaSpec: hard=1%Quantity scopes=2*s scopeSelector=3ScopeSelector?",
    "ScopeSelector~: matchExpressions=1*ScopedResourceSelectorRequirement",
    "ScopedResourceSelectorRequirement~: scopeName=1s! operator=2s! values=3*s",
    "ResourceQuotaStatus: hard=1%Quantity used=2%Quantity",
    "LimitRange: metadata=1ObjectMeta spec=2LimitRangeSpec",
    "LimitRangeSpec: limits=1*LimitRangeItem!",
    "LimitRangeItem: type=1s! max=2%Quantity min=3%Quantity default=4%Quantity defaultRequest=5%Quantity "
    "maxLimitRequestRatio=6%Quantity",
    "Binding: metadata=1ObjectMeta target=2ObjectReference",
    "PodTemplate: metadata=1ObjectMeta template=2PodTemplateSpec",
    "PodTemplateSpec: metadata=1ObjectMeta spec=2PodSpec",
    "ReplicationController: metadata=1ObjectMeta spec=2ReplicationControllerSpec "
    "status=3ReplicationControllerStatus",
    "ReplicationControllerSpec: replicas=1i? minReadySeconds=4i selector=2%s#- template=3PodTemplateSpec?",
    "ReplicationControllerStatus: replicas=1i! fullyLabeledReplicas=2i readyReplicas=4i "
    "availableReplicas=5i observedGeneration=3i conditions=6*ReplicationControllerCondition#type",
    "ReplicationControllerCondition: type=1s! status=2s! lastTransitionTime=3Time reason=4s message=5s",
    "Deployment: metadata=1ObjectMeta spec=2DeploymentSpec status=3DeploymentStatus",
    "DeploymentSpec: replicas=1i? selector=2LabelSelector? template=3PodTemplateSpec "
    "strategy=4DeploymentStrategy minReadySeconds=5i revisionHistoryLimit=6i? paused=7b "
    "progressDeadlineSeconds=9i?",
    "DeploymentStrategy: type=1s rollingUpdate=2RollingUpdateDeployment?",
    "RollingUpdateDeployment: maxUnavailable=1IntOrString? maxSurge=2IntOrString?",
    "DeploymentStatus: observedGeneration=1i replicas=2i updatedReplicas=3i readyReplicas=7i "
    "availableReplicas=4i unavailableReplicas=5i terminatingReplicas=9i? "
    "conditions=6*DeploymentCondition#type collisionCount=8i?",
    "DeploymentCondition: type=1s! status=2s! lastUpdateTime=6Time lastTransitionTime=7Time reason=4s "
    "message=5s",
    "ReplicaSet: metadata=1ObjectMeta spec=2ReplicaSetSpec status=3ReplicaSetStatus",
    "ReplicaSetSpec: replicas=1i? minReadySeconds=4i selector=2LabelSelector? template=3PodTemplateSpec",
    "ReplicaSetStatus: replicas=1i! fullyLabeledReplicas=2i readyReplicas=4i availableReplicas=5i "
    "terminatingReplicas=7i? observedGeneration=3i conditions=6*ReplicaSetCondition#type",
    "ReplicaSetCondition: type=1s! status=2s! lastTransitionTime=3Time reason=4s message=5s",
    "StatefulSet: metadata=1ObjectMeta spec=2StatefulSetSpec status=3StatefulSetStatus",
    "StatefulSetSpec: replicas=1i? selector=2LabelSelector? template=3PodTemplateSpec "
    "volumeClaimTemplates=4*PersistentVolumeClaim serviceName=5s! podManagementPolicy=6s "
    "updateStrategy=7StatefulSetUpdateStrategy revisionHistoryLimit=8i? minReadySeconds=9i "
    "persistentVolumeClaimRetentionPolicy=10StatefulSetPersistentVolumeClaimRetentionPolicy? "
    "ordinals=11StatefulSetOrdinals?",
    "StatefulSetUpdateStrategy: type=1s rollingUpdate=2RollingUpdateStatefulSetStrategy?",
    "RollingUpdateStatefulSetStrategy: partition=1i? maxUnavailable=2IntOrString?",
    "StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted=1s whenScaled=2s",
    "StatefulSetOrdinals: start=1i!",
    "StatefulSetStatus: observedGeneration=1i replicas=2i! readyReplicas=3i currentReplicas=4i "
    "updatedReplicas=5i currentRevision=6s updateRevision=7s collisionCount=9i? "
    "conditions=10*StatefulSetCondition#type availableReplicas=11i!",
    "StatefulSetCondition: type=1s! status=2s! lastTransitionTime=3Time reason=4s message=5s",
    "DaemonSet: metadata=1ObjectMeta spec=2DaemonSetSpec status=3DaemonSetStatus",
    "DaemonSetSpec: selector=1LabelSelector? template=2PodTemplateSpec "
    "updateStrategy=3DaemonSetUpdateStrategy minReadySeconds=4i revisionHistoryLimit=6i?",
    "DaemonSetUpdateStrategy: type=1s rollingUpdate=2RollingUpdateDaemonSet?",
    "RollingUpdateDaemonSet: maxUnavailable=1IntOrString? maxSurge=2IntOrString?",
    "DaemonSetStatus: currentNumberScheduled=1i! numberMisscheduled=2i! desiredNumberScheduled=3i! "
    "numberReady=4i! observedGeneration=5i updatedNumberScheduled=6i numberAvailable=7i "
    "numberUnavailable=8i collisionCount=9i? conditions=10*DaemonSetCondition#type",
    "DaemonSetCondition: type=1s! status=2s! lastTransitionTime=3Time reason=4s message=5s",
    "ControllerRevision: metadata=1ObjectMeta data=2RawExtension revision=3i!",
    "Job: metadata=1ObjectMeta spec=2JobSpec status=3JobStatus",
    "JobSpec: parallelism=1i? completions=2i? activeDeadlineSeconds=3i? "
    "podFailurePolicy=11PodFailurePolicy? successPolicy=16SuccessPolicy? backoffLimit=7i? "
    "backoffLimitPerIndex=12i? maxFailedIndexes=13i? selector=4LabelSelector? manualSelector=5b? "
    "template=6PodTemplateSpec ttlSecondsAfterFinished=8i? completionMode=9s? suspend=10b? "
    "podReplacementPolicy=14s? managedBy=15s?",
    "PodFailurePolicy: rules=1*PodFailurePolicyRule!",
    "PodFailurePolicyRule: action=1s! onExitCodes=2PodFailurePolicyOnExitCodesRequirement? "
    "onPodConditions=3*PodFailurePolicyOnPodConditionsPattern",
    "PodFailurePolicyOnExitCodesRequirement: containerName=1s? operator=2s! values=3*i!#.",
    "PodFailurePolicyOnPodConditionsPattern: type=1s! status=2s!",
    "SuccessPolicy: rules=1*SuccessPolicyRule!",
    "SuccessPolicyRule: succeededIndexes=1s? succeededCount=2i?",
    "JobStatus: conditions=1*JobCondition#/type startTime=2Time? completionTime=3Time? active=4i "
    "succeeded=5i failed=6i terminating=11i? completedIndexes=7s failedIndexes=10s? "
    "uncountedTerminatedPods=8UncountedTerminatedPods? ready=9i?",
    "JobCondition: type=1s! status=2s! lastProbeTime=3Time lastTransitionTime=4Time reason=5s message=6s",
    "UncountedTerminatedPods: succeeded=1*s#. failed=2*s#.",
    "CronJob: metadata=1ObjectMeta spec=2CronJobSpec status=3CronJobStatus",
    "CronJobSpec: schedule=1s! timeZone=8s? startingDeadlineSeconds=2i? concurrencyPolicy=3s suspend=4b? "
    "jobTemplate=5JobTemplateSpec successfulJobsHistoryLimit=6i? failedJobsHistoryLimit=7i?",
    "JobTemplateSpec: metadata=1ObjectMeta spec=2JobSpec",
    "CronJobStatus: active=1*ObjectReference lastScheduleTime=4Time? lastSuccessfulTime=5Time?",
    "PodDisruptionBudget: metadata=1ObjectMeta spec=2PodDisruptionBudgetSpec "
    "status=3PodDisruptionBudgetStatus",
    "PodDisruptionBudgetSpec: minAvailable=1IntOrString? selector=2LabelSelector? "
    "maxUnavailable=3IntOrString? unhealthyPodEvictionPolicy=4s?",
    "PodDisruptionBudgetStatus: observedGeneration=1i disruptedPods=2%Time disruptionsAllowed=3i! "
    "currentHealthy=4i! desiredHealthy=5i! expectedPods=6i! conditions=7*Condition#type",
    "Eviction: metadata=1ObjectMeta deleteOptions=2DeleteOptions?",
    "DeleteOptions: gracePeriodSeconds=1i? preconditions=2Preconditions? orphanDependents=3b? "
    "propagationPolicy=4s? dryRun=5*s ignoreStoreReadErrorWithClusterBreakingPotential=6b?",
    "Preconditions: uid=1s? resourceVersion=2s?",
    "NetworkPolicy: metadata=1ObjectMeta spec=2NetworkPolicySpec",
    "NetworkPolicySpec: podSelector=1LabelSelector ingress=2*NetworkPolicyIngressRule "
    "egress=3*NetworkPolicyEgressRule policyTypes=4*s",
    "NetworkPolicyIngressRule: ports=1*NetworkPolicyPort from=2*NetworkPolicyPeer",
    "NetworkPolicyPort: protocol=1s? port=2IntOrString? endPort=3i?",
    "NetworkPolicyPeer: podSelector=1LabelSelector? namespaceSelector=2LabelSelector? ipBlock=3IPBlock?",
    "IPBlock: cidr=1s! except=2*s",
    "NetworkPolicyEgressRule: ports=1*NetworkPolicyPort to=2*NetworkPolicyPeer",
    "Ingress: metadata=1ObjectMeta spec=2IngressSpec status=3IngressStatus",
    "IngressSpec: ingressClassName=4s? defaultBackend=1IngressBackend? tls=2*IngressTLS "
    "rules=3*IngressRule",
    "IngressBackend: service=4IngressServiceBackend? resource=3TypedLocalObjectReference?",
    "IngressServiceBackend: name=1s! port=2ServiceBackendPort",
    "ServiceBackendPort~: name=1s number=2i",
    "IngressTLS: hosts=1*s secretName=2s",
    "IngressRule: host=1s -=2IngressRuleValue",
    "IngressRuleValue: http=1HTTPIngressRuleValue?",
    "HTTPIngressRuleValue: paths=1*HTTPIngressPath!",
    "HTTPIngressPath: path=1s pathType=3s? backend=2IngressBackend",
    "IngressStatus: loadBalancer=1IngressLoadBalancerStatus",
    "IngressLoadBalancerStatus: ingress=1*IngressLoadBalancerIngress",
    "IngressLoadBalancerIngress: ip=1s hostname=2s ports=4*IngressPortStatus",
    "IngressPortStatus: port=1i! protocol=2s! error=3s?",
    "IngressClass: metadata=1ObjectMeta spec=2IngressClassSpec",
    "IngressClassSpec: controller=1s parameters=2IngressClassParametersReference?",
    "IngressClassParametersReference: apiGroup=1s? kind=2s! name=3s! scope=4s? namespace=5s?",
    "StorageClass: metadata=1ObjectMeta provisioner=2s! parameters=3%s reclaimPolicy=4s? mountOptions=5*s "
    "allowVolumeExpansion=6b? volumeBindingMode=7s? allowedTopologies=8*TopologySelectorTerm",
    "TopologySelectorTerm~: matchLabelExpressions=1*TopologySelectorLabelRequirement",
    "TopologySelectorLabelRequirement: key=1s! values=2*s!",
    "Lease: metadata=1ObjectMeta spec=2LeaseSpec",
    "LeaseSpec: holderIdentity=1s? leaseDurationSeconds=2i? acquireTime=3MicroTime? renewTime=4MicroTime? "
    "leaseTransitions=5i? strategy=6s? preferredHolder=7s?",
    "PriorityClass: metadata=1ObjectMeta value=2i! globalDefault=3b description=4s preemptionPolicy=5s?",
    "ClusterRole: metadata=1ObjectMeta rules=2*PolicyRule aggregationRule=3AggregationRule?",
    "PolicyRule: verbs=1*s! apiGroups=2*s resources=3*s resourceNames=4*s nonResourceURLs=5*s",
    "AggregationRule: clusterRoleSelectors=1*LabelSelector",
    "ClusterRoleBinding: metadata=1ObjectMeta subjects=2*Subject roleRef=3RoleRef",
    "Subject~: kind=1s! apiGroup=2s name=3s! namespace=4s",
    "RoleRef~: apiGroup=1s! kind=2s! name=3s!",
    "Role: metadata=1ObjectMeta rules=2*PolicyRule",
    "RoleBinding: metadata=1ObjectMeta subjects=2*Subject roleRef=3RoleRef",
    "SelfSubjectAccessReview: metadata=1ObjectMeta spec=2SelfSubjectAccessReviewSpec "
    "status=3SubjectAccessReviewStatus",
    "SelfSubjectAccessReviewSpec: resourceAttributes=1ResourceAttributes? "
    "nonResourceAttributes=2NonResourceAttributes?",
    "ResourceAttributes: namespace=1s verb=2s group=3s version=4s resource=5s subresource=6s name=7s "
    "fieldSelector=8FieldSelectorAttributes? labelSelector=9LabelSelectorAttributes?",
    "FieldSelectorAttributes: rawSelector=1s requirements=2*FieldSelectorRequirement",
    "FieldSelectorRequirement: key=1s! operator=2s! values=3*s",
    "LabelSelectorAttributes: rawSelector=1s requirements=2*LabelSelectorRequirement",
    "NonResourceAttributes: path=1s verb=2s",
    "SubjectAccessReviewStatus: allowed=1b! denied=4b reason=2s evaluationError=3s",
    "SelfSubjectRulesReview: metadata=1ObjectMeta spec=2SelfSubjectRulesReviewSpec "
    "status=3SubjectRulesReviewStatus",
    "SelfSubjectRulesReviewSpec: namespace=1s",
    "SubjectRulesReviewStatus: resourceRules=1*ResourceRule! nonResourceRules=2*NonResourceRule! "
    "incomplete=3b! evaluationError=4s",
    "ResourceRule: verbs=1*s! apiGroups=2*s resources=3*s resourceNames=4*s",
    "NonResourceRule: verbs=1*s! nonResourceURLs=2*s",
    "SubjectAccessReview: metadata=1ObjectMeta spec=2SubjectAccessReviewSpec "
    "status=3SubjectAccessReviewStatus",
    "SubjectAccessReviewSpec: resourceAttributes=1ResourceAttributes? "
    "nonResourceAttributes=2NonResourceAttributes? user=3s groups=4*s extra=5%ExtraValue uid=6s",
    "LocalSubjectAccessReview: metadata=1ObjectMeta spec=2SubjectAccessReviewSpec "
    "status=3SubjectAccessReviewStatus",
    "TokenRequest: metadata=1ObjectMeta spec=2TokenRequestSpec status=3TokenRequestStatus",
    "TokenRequestSpec: audiences=1*s expirationSeconds=4i? boundObjectRef=3BoundObjectReference? "
    "attestations=5%s",
    "BoundObjectReference: kind=1s apiVersion=2s name=3s uid=4s",
    "TokenRequestStatus: token=1s! expirationTimestamp=2Time",
    "TokenReview: metadata=1ObjectMeta spec=2TokenReviewSpec status=3TokenReviewStatus",
    "TokenReviewSpec: token=1s audiences=2*s",
    "TokenReviewStatus: authenticated=1b user=2UserInfo audiences=4*s error=3s",
    "UserInfo: username=1s uid=2s groups=3*s extra=4%ExtraValue",
    "SelfSubjectReview: metadata=1ObjectMeta status=2SelfSubjectReviewStatus",
    "SelfSubjectReviewStatus: userInfo=1UserInfo",
    "Scale: metadata=1ObjectMeta spec=2ScaleSpec status=3ScaleStatus",
    "ScaleSpec: replicas=1i",
    "ScaleStatus: replicas=1i! selector=2s",
    "HorizontalPodAutoscaler: metadata=1ObjectMeta spec=2HorizontalPodAutoscalerSpec "
    "status=3HorizontalPodAutoscalerStatus",
    "HorizontalPodAutoscalerSpec: scaleTargetRef=1CrossVersionObjectReference minReplicas=2i? "
    "maxReplicas=3i! targetCPUUtilizationPercentage=4i?",
    "CrossVersionObjectReference~: kind=1s! name=2s! apiVersion=3s",
    "HorizontalPodAutoscalerStatus: observedGeneration=1i? lastScaleTime=2Time? currentReplicas=3i! "
    "desiredReplicas=4i! currentCPUUtilizationPercentage=5i?",
    "CertificateSigningRequest: metadata=1ObjectMeta spec=2CertificateSigningRequestSpec "
    "status=3CertificateSigningRequestStatus",
    "CertificateSigningRequestSpec: request=1y signerName=7s! expirationSeconds=8i? usages=5*s "
    "username=2s uid=3s groups=4*s extra=6%ExtraValue",
    "CertificateSigningRequestStatus: conditions=1*CertificateSigningRequestCondition#type certificate=2y",
    "CertificateSigningRequestCondition: type=1s! status=6s! reason=2s message=3s lastUpdateTime=4Time "
    "lastTransitionTime=5Time",
    "eventsEvent: metadata=1ObjectMeta eventTime=2MicroTime series=3eventsEventSeries? "
    "reportingController=4s reportingInstance=5s action=6s reason=7s regarding=8ObjectReference "
    "related=9ObjectReference? note=10s type=11s deprecatedSource=12EventSource "
    "deprecatedFirstTimestamp=13Time deprecatedLastTimestamp=14Time deprecatedCount=15i",
    "eventsEventSeries: count=1i! lastObservedTime=2MicroTime",
    "EndpointSlice: metadata=1ObjectMeta addressType=4s! endpoints=2*Endpoint "
    "ports=3*discoveryEndpointPort",
    "Endpoint: addresses=1*s!#. conditions=2EndpointConditions hostname=3s? targetRef=4ObjectReference? "
    "deprecatedTopology=5%s nodeName=6s? zone=7s? hints=8EndpointHints?",
    "EndpointConditions: ready=1b? serving=2b? terminating=3b?",
    "EndpointHints: forZones=1*ForZone forNodes=2*ForNode",
    "ForZone: name=1s!",
    "ForNode: name=1s!",
    "discoveryEndpointPort~: name=1s? protocol=2s? port=3i? appProtocol=4s?",
    nullptr};

// apiVersion, kind, message where its name is another than the kind's
const char* const kMessageRoots[] = {
    "v1 Namespace",
    "v1 Node",
    "v1 Pod",
    "v1 Service",
    "v1 Endpoints",
    "v1 ConfigMap",
    "v1 Secret",
    "v1 ServiceAccount",
    "v1 Event",
    "v1 PersistentVolumeClaim",
    "v1 PersistentVolume",
    "v1 ResourceQuota",
    "v1 LimitRange",
    "v1 Binding",
    "v1 PodTemplate",
    "v1 ReplicationController",
    "apps/v1 Deployment",
    "apps/v1 ReplicaSet",
    "apps/v1 StatefulSet",
    "apps/v1 DaemonSet",
    "apps/v1 ControllerRevision",
    "batch/v1 Job",
    "batch/v1 CronJob",
    "policy/v1 PodDisruptionBudget",
    "policy/v1 Eviction",
    "networking.k8s.io/v1 NetworkPolicy",
    "networking.k8s.io/v1 Ingress",
    "networking.k8s.io/v1 IngressClass",
    "storage.k8s.io/v1 StorageClass",
    "coordination.k8s.io/v1 Lease",
    "scheduling.k8s.io/v1 PriorityClass",
    "rbac.authorization.k8s.io/v1 ClusterRole",
    "rbac.authorization.k8s.io/v1 ClusterRoleBinding",
    "rbac.authorization.k8s.io/v1 Role",
    "rbac.authorization.k8s.io/v1 RoleBinding",
    "authorization.k8s.io/v1 SelfSubjectAccessReview",
    "authorization.k8s.io/v1 SelfSubjectRulesReview",
    "authorization.k8s.io/v1 SubjectAccessReview",
    "authorization.k8s.io/v1 LocalSubjectAccessReview",
    "authentication.k8s.io/v1 TokenRequest",
    "authentication.k8s.io/v1 TokenReview",
    "authentication.k8s.io/v1 SelfSubjectReview",
    "autoscaling/v1 Scale",
    "autoscaling/v1 HorizontalPodAutoscaler",
    "certificates.k8s.io/v1 CertificateSigningRequest",
    "events.k8s.io/v1 Event eventsEvent",
    "discovery.k8s.io/v1 EndpointSlice",
    nullptr};
// clang-format on

} // namespace strata::demosite
