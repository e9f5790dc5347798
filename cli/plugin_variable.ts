/** Environment variable that says that kubectl runs the program, as its plugin `kubectl faros`. */
export const PLUGIN_VARIABLE = "FAROS_KUBECTL_PLUGIN";
