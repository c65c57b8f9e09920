import { holdCustomersToReference } from "./customer-table.js";

holdCustomersToReference("telco_ibm");
