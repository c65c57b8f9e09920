import { holdCustomersToReference } from "./customer-table.js";

holdCustomersToReference("churn_modelling_bank");
