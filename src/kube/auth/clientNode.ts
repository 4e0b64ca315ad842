/** All that we take of client-node. A file of its own, so that the bundle can hold it apart from what every node loads. */
export { KubeConfig } from '@kubernetes/client-node';
