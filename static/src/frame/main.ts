import "../shim/main";
